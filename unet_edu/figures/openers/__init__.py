"""Openers: small live figures for the first screen of a chapter. Each asks the question that the chapter answers.

A bet first, then one thing to pull at. One file each: what is computed in Python, and what is drawn in JavaScript.
"""
