"""The cells, statement by statement, that one exercise depends on. By syntax alone: nothing is run.

    the cell of the exercise      everything, statement by statement
    the other cells               what that cell needs of them, and what this needs in turn:
                                  imports, functions, classes, constants; nothing that calls something

A training loop, a mistake or a trap in another cell is therefore neither run nor waited for.
"""

import __future__

import ast
from dataclasses import dataclass

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
CALLS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)


@dataclass
class Piece:
    """One statement of the top level of a cell."""

    cell: int  # counted from 0
    own: bool  # of the exercise's own cell
    tree: ast.stmt
    flags: int = 0  # of `compile`: what the cell imports from __future__

    @property
    def binds(self) -> set[str]:
        """Return the names that it binds; "*" for names that are not in its text."""
        if isinstance(self.tree, IMPORTS):
            return {(alias.asname or alias.name).partition(".")[0] for alias in self.tree.names}
        if isinstance(self.tree, DEFINITIONS):
            return {self.tree.name}
        nodes = list(ast.walk(self.tree))
        names = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        return names.union(*(Piece(0, False, node).binds for node in nodes if isinstance(node, IMPORTS)))

    @property
    def uses(self) -> set[str]:
        """Return the names that occur in it."""
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}


def parse(source: str) -> ast.Module:
    """Parse a notebook's cell, without its lines for the notebook itself (``%time``, ``!pip``, ``?``).

    Raises SyntaxError; it has the line numbers of the cell.
    """
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError) as error:
        kept = ["" if line.lstrip().startswith(("%", "!", "?")) else line for line in source.split("\n")]
        try:
            return ast.parse("\n".join(kept))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise (error if isinstance(error, SyntaxError) else SyntaxError(str(error))) from None
    except (RecursionError, MemoryError):
        raise SyntaxError("nested too deeply") from None


def pieces(cells: list[str], own: int) -> tuple[list[Piece], dict[int, SyntaxError]]:
    """Return what may be taken of each cell, in order, and the errors of those that cannot be read."""
    found, broken, flags = [], {}, 0  # a __future__ holds for the cells below, too
    for number, source in enumerate(cells):
        try:
            body = parse(source).body
        except SyntaxError as error:
            broken[number] = error
            continue
        for tree in body:
            if isinstance(tree, ast.ImportFrom) and tree.module == "__future__":
                flags |= sum(
                    getattr(__future__, a.name).compiler_flag for a in tree.names if hasattr(__future__, a.name)
                )
            elif number == own:
                found.append(Piece(number, True, tree, flags))
            elif is_definition(tree):
                found.append(Piece(number, False, tree, flags))
    return found, broken


def is_definition(tree: ast.stmt) -> bool:
    """Return whether a statement is an import, a function, a class, or a constant that calls nothing."""
    if isinstance(tree, ast.Assign | ast.AnnAssign):
        return tree.value is not None and not any(isinstance(node, CALLS) for node in ast.walk(tree))
    return isinstance(tree, (*DEFINITIONS, *IMPORTS))


def needed(found: list[Piece], name: str) -> list[Piece]:
    """Return the pieces of the own cell, and of the other cells those that define a name that is used.

    In the order in which they are to be run, the cells below, the cells above, the own cell: where a name is given a
    meaning more than once, it has the one that it had when the own cell was run. What gives `name` itself another
    meaning elsewhere is left out.
    """
    taken = {id(piece) for piece in found if piece.own}
    others = [piece for piece in found if not piece.own and name not in piece.binds]
    wanted = {name}.union(*(piece.uses for piece in found if piece.own))
    while more := [p for p in others if id(p) not in taken and (p.binds & wanted or "*" in p.binds)]:
        taken |= {id(piece) for piece in more}
        wanted = wanted.union(*(piece.uses for piece in more))
    own = max((piece.cell for piece in found if piece.own), default=0)
    return sorted((p for p in found if id(p) in taken), key=lambda piece: (piece.own, piece.cell < own))


def reduced(source: str, expression: str) -> str:
    """Return the statements of a trusted module's source on which `expression` depends, directly or not."""
    wanted = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    statements = [Piece(0, False, tree) for tree in ast.parse(source).body]
    kept: set[int] = set()
    while more := [p for p in statements if id(p) not in kept and (p.binds & wanted or "*" in p.binds)]:
        kept |= {id(piece) for piece in more}
        wanted = wanted.union(*(piece.uses for piece in more))
    return "\n".join(ast.unparse(piece.tree) for piece in statements if id(piece) in kept)


def keyword_of(source: str, exercise: str, keyword: str) -> str | None:
    """Return the expression given as `keyword` in the call of `source` that also holds the text `exercise`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            given = [*node.args, *(k.value for k in node.keywords)]
            if any(isinstance(value, ast.Constant) and value.value == exercise for value in given):
                for each in node.keywords:
                    if each.arg == keyword:
                        return ast.unparse(each.value)
    return None
