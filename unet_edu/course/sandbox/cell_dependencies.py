"""The cells, statement by statement, that one exercise depends on. By syntax alone: nothing is run.

    the cell of the exercise      everything, statement by statement
    the other cells               what the answer needs of them, and what this needs in turn: whatever gives a meaning
                                  to a global name that it uses (partial(…), a loop that fills a table, try: import …),
                                  and imports, functions, classes, constants for the rest of the exercise's cell

A training loop, a mistake or a trap in another cell that the answer does not need is therefore neither run nor waited
for. What of the notebook's own syntax (``%time``, ``!ls``, ``f?``) stands in a cell is read by `cell_syntax`.
"""

import __future__

import ast
import symtable
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from unet_edu.course.sandbox.cell_syntax import parse

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)
CALLS = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)


@dataclass(eq=False)
class Piece:
    """One statement of the top level of a cell."""

    cell: int  # counted from 0
    own: bool  # of the exercise's own cell
    tree: ast.stmt
    flags: int = 0  # of `compile`: what the cell imports from __future__

    @cached_property
    def words(self) -> set[str]:
        """Return all names in it, of whatever scope: no other can be bound, changed or used."""
        found = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.alias):
                found.add((node.asname or node.name).partition(".")[0])
            for field in ("id", "name", "rest"):  # of names, definitions, handlers, patterns
                if isinstance(name := getattr(node, field, None), str):
                    found.add(name)
        return found

    @cached_property
    def binds(self) -> set[str]:
        """Return the global names that it binds; "*" for names that are not in its text."""
        if isinstance(self.tree, IMPORTS):
            return {(alias.asname or alias.name).partition(".")[0] for alias in self.tree.names}
        if isinstance(self.tree, DEFINITIONS):
            return {self.tree.name}
        has_star = "*" in self.words and any(isinstance(n, ast.alias) and n.name == "*" for n in ast.walk(self.tree))
        return self._globals[0] | ({"*"} if has_star else set())

    @cached_property
    def uses(self) -> set[str]:
        """Return the global names that it uses, in functions and classes too."""
        return self._globals[1]

    @cached_property
    def changes(self) -> set[str]:
        """Return the names whose objects it changes: of ``table[k] = v``, ``x.y += 1``, a call ``rows.append(v)``."""
        if isinstance(self.tree, (*DEFINITIONS, *IMPORTS)):
            return set()
        found = set()
        for node in _outside_of_functions(self.tree):
            if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
                found.add(_root(node))
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
                found.add(_root(node.value.func) if isinstance(node.value.func, ast.Attribute) else None)
        return found - {None}

    @property
    def is_setting(self) -> bool:
        """Whether it is a call that may set up a module: ``torch.set_default_dtype(…)``."""
        match self.tree:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(), attr=attr))):
                return attr.startswith("set")
        return False

    @cached_property
    def is_definition(self) -> bool:
        """Whether it is an import, a function, a class, or a constant that calls nothing."""
        if isinstance(self.tree, ast.Assign | ast.AnnAssign):
            return not self.changes and not any(isinstance(node, CALLS) for node in ast.walk(self.tree))
        return isinstance(self.tree, (*DEFINITIONS, *IMPORTS))

    @cached_property
    def _globals(self) -> tuple[set[str], set[str]]:
        """Return the global names that it binds, and those that it uses."""
        try:
            top = symtable.symtable(ast.unparse(self.tree), "<cell>", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # "return" outside of a function, say
            return self.words, self.words
        bound = {each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()}
        used = {each.get_name() for each in top.get_symbols() if each.is_referenced()}
        tables = list(top.get_children())
        while tables:
            table = tables.pop()
            used |= {each.get_name() for each in table.get_symbols() if each.is_global()}
            tables += table.get_children()
        return bound, used


def _outside_of_functions(tree: ast.AST) -> Iterable[ast.AST]:
    """Yield the nodes of a statement without those within functions and classes, which it may not run."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        left += [n for n in ast.iter_child_nodes(node) if not isinstance(n, (*DEFINITIONS, ast.Lambda))]


def _root(node: ast.AST) -> str | None:
    """Return the name at the start of ``name.a[b].c``."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def pieces(
    cells: list[str], own: int, reading: Callable[[str], ast.Module] = parse
) -> tuple[list[Piece], dict[int, Exception]]:
    """Return the statements of all cells, in order, and the errors of those that cannot be read.

    reading: `parse`, or something that calls it and may stop it. Its errors count as the cell's.
    """
    found, broken, flags = [], {}, 0  # a __future__ holds for the cells below, too
    for number, source in enumerate(cells):
        try:
            body = reading(source).body
        except BaseException as error:
            broken[number] = error
            continue
        for tree in body:
            if isinstance(tree, ast.ImportFrom) and tree.module == "__future__":
                flags |= sum(
                    getattr(__future__, a.name).compiler_flag for a in tree.names if hasattr(__future__, a.name)
                )
            elif number == own or not (isinstance(tree, ast.AnnAssign) and tree.value is None):
                found.append(Piece(number, number == own, tree, flags))
    return found, broken


def needed(found: list[Piece], name: str, calls: bool = True) -> list[Piece]:
    """Return the pieces of the own cell, and of the other cells those that it depends on.

    In the order in which they are to be run, the cells below, the cells above, the own cell: where a name is given a
    meaning more than once, it has the one that it had when the own cell was run. What gives `name` itself another
    meaning elsewhere is left out.

    calls: whether to take statements of other cells that are no definitions. Of these the ones that the answer needs
    are taken, of a cell below only where nothing above gives the name a meaning.
    """
    own = [piece for piece in found if piece.own]
    used = {name}.union(*(piece.uses for piece in own))
    definitions = [piece for piece in _others(found, name) if piece.is_definition]
    for_cell = closure(definitions, used, _defines)
    taken = {id(piece) for piece in (*own, *for_cell, *needed_by_answer(found, name, calls))}
    place = max((piece.cell for piece in own), default=0)
    return sorted((p for p in found if id(p) in taken), key=lambda piece: (piece.own, piece.cell < place))


def needed_by_answer(found: list[Piece], name: str, calls: bool = True) -> list[Piece]:
    """Return the pieces that `name` itself depends on, of all cells, in no order; `calls` as for `needed`."""
    among = [piece for piece in found if piece.own] + _others(found, name)
    place = max((piece.cell for piece in found if piece.own), default=0)
    modules = set().union(*(piece.binds for piece in found if isinstance(piece.tree, IMPORTS)))

    def fits(piece, wanted):
        if piece.is_definition and not piece.own:
            return _defines(piece, wanted)
        if not (piece.words & wanted and (calls or piece.own)):
            return False
        given = wanted & (piece.binds | (piece.changes if piece.is_setting else piece.changes - modules))
        return any(piece.cell <= place or not bound_above(each) for each in given)

    def bound_above(name):
        return any(piece.cell <= place and name in piece.words and name in piece.binds for piece in among)

    return closure(among, {name}, fits)


def _others(found, name):
    return [piece for piece in found if not piece.own and not (name in piece.words and name in piece.binds)]


def _defines(piece, wanted) -> bool:
    return "*" in piece.binds or bool(piece.words & wanted and piece.binds & wanted)


def closure(among: list[Piece], wanted: set[str], fits: Callable) -> list[Piece]:
    """Return the pieces that fit (piece, names wanted) the names in `wanted`, or the names that such pieces use."""
    kept: dict[int, Piece] = {}
    while more := [piece for piece in among if id(piece) not in kept and fits(piece, wanted)]:
        kept |= {id(piece): piece for piece in more}
        wanted = wanted.union(*(piece.uses for piece in more))
    return list(kept.values())


def reduced(source: str, expression: str) -> str:
    """Return the statements of a trusted module's source on which `expression` depends, directly or not."""
    wanted = {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}
    statements = [Piece(0, False, tree) for tree in ast.parse(source).body]
    kept = closure(statements, wanted, _defines)
    return "\n".join(ast.unparse(piece.tree) for piece in statements if piece in kept)


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
