"""Turn functions into commands: options, help, one error for all missing options, and the result."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import MISSING, dataclass, fields, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, get_type_hints

import typer

# Typer's own copy of Click has no public name.
from typer._click.exceptions import MissingParameter
from typer.core import TyperCommand

from sescli.cli.common_options import FLAGS, OUTPUT, common_options
from sescli.cli.lazy_groups import Group
from sescli.errors import InterruptedRunError, UsageError
from sescli.exits import ExitCode
from sescli.output.terminal import discard_output
from sescli.runtime import build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from sescli.output.results import Result
    from sescli.runtime import Runtime

    Context: TypeAlias = typer.Context
    Body: TypeAlias = Callable[..., Any]

Declared = TypeVar("Declared")

_ARGUMENTS = "sescli.arguments"
_INSIDE_PARAGRAPH = re.compile(r"(?<!\n)\n(?!\n)")


class OptionOrder(tuple[str, ...]):
    """The names of the parameters in the order of the command line, one entry each time one was given.

    A function with a parameter of this type gets it from the decorator; Typer itself loses the order.
    """

    __slots__ = ()

    @classmethod
    def of(cls, ctx: Any) -> OptionOrder:
        """Parse the arguments again, to get their order."""
        _, _, order = ctx.command.make_parser(ctx).parse_args(args=list(ctx.meta[_ARGUMENTS]))
        return cls(str(param.name) for param in order)


class Command(TyperCommand):
    """A command that accepts the common options and names all missing options in one error."""

    def __init__(self, *args: Any, params: Sequence[Any] | None = None, **settings: Any) -> None:
        super().__init__(*args, params=[*(params or ()), *common_options()], **settings)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. If required values are missing, raise one error that lists them all."""
        ctx.meta[_ARGUMENTS] = given = list(args)
        try:
            return super().parse_args(ctx, args)
        except MissingParameter as first:
            missing = self._missing(ctx, given) or [first.format_message()]
            if len(missing) == 1:
                raise
            raise UsageError(f"missing: {', '.join(missing)}", hint=f"{ctx.command_path} --help") from first

    def _missing(self, ctx: Any, args: list[str]) -> list[str]:
        values, _, _ = self.make_parser(ctx).parse_args(args=args)
        return [
            param.get_error_hint(ctx).strip("'")
            for param in self.get_params(ctx)
            if param.required and not values.get(str(param.name)) and param.value_from_envvar(ctx) is None
        ]

    def invoke(self, ctx: Any) -> ExitCode:
        """Run the command, show its result, and return its exit code."""
        runtime = build(ctx.meta.get(FLAGS, {}), ctx.obj, resolver=ctx.params.get("resolver"))
        ctx.obj = runtime
        ctx.meta[OUTPUT] = runtime.output
        try:
            result = super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            raise InterruptedRunError("interrupted") from interrupt
        return _present(runtime, result)


def _present(runtime: Runtime, result: Result | None) -> ExitCode:
    try:
        # A command that made no AWS call must not create a gateway (and start the emulator) here.
        if runtime.settings.dry_run and "aws" in vars(runtime) and runtime.aws.plan.calls:
            runtime.output.plan(runtime.aws.plan)
            return ExitCode.OK
        if result is not None:
            runtime.output.result(result)
        runtime.world.stdout.flush()
    except BrokenPipeError:
        discard_output(runtime.world.stdout)
    return ExitCode.OK if result is None else ExitCode(result.exit_code)


def group(name: str, text: str, *, first: Sequence[str] = ()) -> typer.Typer:
    """A group of commands, such as `sescli identity`; the help lists those in `first` first."""
    app = typer.Typer(
        name=name,
        help=text,
        cls=type("Group", (Group,), {"first": tuple(first)}),
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
    )
    app.callback()(_nothing)
    return app


def _nothing() -> None:
    """Do nothing. With a callback, Typer keeps a group with one command a group."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
def options(declared: type[Declared]) -> type[Declared]:
    """Make a class of annotated fields a group of options that several commands share.

    A command with a parameter of this type gets one option or argument for each field, and an instance with
    their values.
    """
    return dataclass(frozen=True, kw_only=True)(declared)


def _expanded(param: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """The parameter itself, or one for each field where its type groups options."""
    if not is_dataclass(param.annotation):
        yield param.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        return
    hints = get_type_hints(param.annotation, include_extras=True)
    for field in fields(param.annotation):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[field.name]
        )


def _gathered(param: inspect.Parameter, values: dict[str, Any]) -> Any:
    """The value that the body gets for a parameter, taken from the values by option name."""
    if not is_dataclass(param.annotation):
        return values[param.name]
    made: Any = param.annotation
    return made(**{field.name: values[field.name] for field in fields(made)})


def command(app: typer.Typer, name: str, *, examples: Sequence[str] = ()) -> Callable[[Body], Body]:
    """Register a function as a command of `app`: it gets the `Runtime`, then its options, and returns a result.

    A parameter whose type is a class made by `options` stands for one option for each of its fields.

    The docstring is the help: the first line says what the command does, the rest when to use it. `examples` are
    command lines; a test runs them.
    """

    def register(body: Body) -> Body:
        signature = inspect.signature(body, eval_str=True)
        own = list(signature.parameters.values())[1:]
        ordered = [param.name for param in own if param.annotation is OptionOrder]
        own = [param for param in own if param.name not in ordered]

        @functools.wraps(body)
        def run(ctx: Context, **options: Any) -> Any:
            given = {param.name: _gathered(param, options) for param in own}
            return body(ctx.obj, **given, **{name: OptionOrder.of(ctx) for name in ordered})

        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        shown = [each for param in own for each in _expanded(param)]
        run.__signature__ = signature.replace(parameters=[context, *shown])  # type: ignore[attr-defined]
        app.command(
            name, cls=Command, help=_plain_markup(inspect.getdoc(body) or ""), epilog=_epilog(examples)
        )(run)
        return body

    return register


def _epilog(examples: Sequence[str]) -> str:
    lines = [*(f"  $ {example}" for example in examples)]
    common = "Common options (--region, --profile, --local, -o, -q, --yes, --dry-run, …): sescli --help."
    shown = ["Examples:", _escaped("\n".join(lines)), common] if lines else [common]
    return "\n\n".join(shown)


def _plain_markup(text: str) -> str:
    """Help is plain text: brackets are not rich markup, and each paragraph becomes one line that rich wraps."""
    return _escaped(_INSIDE_PARAGRAPH.sub(" ", text))


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
