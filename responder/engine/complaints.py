"""What the command line says when something is wrong: one sentence that lists what exists, and the exit status.

2: what was typed cannot be done (unknown command, option, office, channel, intent; a bad time or file).
1: it failed on the way. 130: stopped by the user.
"""

from __future__ import annotations

import os
import sys

import click

from responder.engine import quiet
from responder.engine.terminal import printable
from responder.errors import BadInput, ResponderError, UnknownName


def run(command: click.Command, arguments: list[str] | None) -> int:
    """Run a click command; print what is wrong to standard error; the exit status."""
    try:
        result = command.main(args=arguments, prog_name="responder", standalone_mode=False)
        sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except click.UsageError as error:
        return _say(usage(error), 2)
    except (UnknownName, BadInput) as error:
        return _say(str(error), 2)
    except ResponderError as error:
        return _say(str(error), 1)
    except click.ClickException as error:
        return _say(error.format_message(), 1)
    except (KeyboardInterrupt, click.Abort):
        return _say("Stopped.", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:  # a fault of ours: named for whoever mends it, without the words of any message
        return _say(f"Something is wrong inside responder: {quiet.failure(error)}.", 1)


def usage(error: click.UsageError) -> str:
    """The sentence for something that was typed wrongly.

    >>> usage(click.NoSuchOption("--colour"))
    'There is no option “--colour”; there is: --help.'
    """
    if isinstance(error, click.NoSuchOption):
        return str(UnknownName("option", error.option_name, _options(error.ctx)))
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return f"{_place(error.ctx)} needs {_name(error.param)}; its options are: {', '.join(_options(error.ctx))}."
    if isinstance(error, click.BadOptionUsage):
        return f"{error.option_name} needs a value." if "requires" in error.message else _sentence(error.message)
    if isinstance(error, click.BadParameter) and error.param is not None:
        if isinstance(error.param.type, click.Choice):
            return f"{_name(error.param)} must be one of: {', '.join(error.param.type.choices)}."
        if isinstance(error.param.type, click.IntRange):
            return f"{_name(error.param)} must be a whole number from {error.param.type.min} to {error.param.type.max}."
        return f"{_name(error.param)}: {_sentence(error.message)}"
    context = error.ctx
    if context is not None and isinstance(context.command, click.Group):
        commands = context.command.list_commands(context)
        words = error.message.split("'")
        if len(words) >= 3:
            return str(UnknownName("command", words[1], commands))
        return f"{_place(context)} needs a command; there is: {', '.join(commands)}."
    return f"{_sentence(error.message)} {_place(context)} has the options: {', '.join(_options(context))}."


def _options(context: click.Context | None) -> list[str]:
    if context is None:
        return ["--help"]
    shown = [p for p in context.command.get_params(context) if isinstance(p, click.Option) and not p.hidden]
    return [max(p.opts, key=len) for p in shown]


def _place(context: click.Context | None) -> str:
    return f"“{context.command_path}”" if context else "“responder”"


def _name(param: click.Parameter) -> str:
    return max(param.opts, key=len) if isinstance(param, click.Option) else str(param.name).upper()


def _sentence(words: str) -> str:
    words = " ".join(words.split())
    return words if words.endswith(".") else words + "."


def _say(sentence: str, status: int) -> int:
    print(printable(sentence), file=sys.stderr)
    return status
