"""The command line: `responder draft`, `check`, `preview`, `offices`, `train`, `evaluate`, `serve`, `worker`.

Each command imports what it needs when it runs, so that those that need no model start at once. Whatever is wrong with
what was typed is one sentence that lists what exists, and exit status 2; what fails on the way is one sentence and 1.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from responder import settings
from responder.commands import audit, intake, serve, user
from responder.engine import streams
from responder.errors import BadInput, ModelError

if TYPE_CHECKING:
    from responder.drafting.packs import Packs
    from responder.engine.lines import Defaults
    from responder.engine.places import Places

OFFICE, CHANNEL = "leicestershire-opcc", "facebook-dm"  # the defaults of responder.engine.lines


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="responder")
def cli() -> None:
    """Drafts replies to social-media messages in line with an office's own policy."""
    settings.load(Path.cwd(), os.environ)


@cli.command()
@click.argument("text", required=False)
@click.option("--file", "file", metavar="IN.jsonl", help="Draft every line of this file (- for standard input).")
@click.option("--out", metavar="OUT.jsonl", help="Write the file's drafts here (default: standard output).")
@click.option("--office", help=f"Whose policy (default: RESPONDER_OFFICE, or {OFFICE}).")
@click.option("--channel", default=CHANNEL, show_default=True, help="Where the message came in.")
@click.option("--at", metavar="ISO-8601", help="When it came in (default: now, Europe/London).")
@click.option("--intent", help="What it is, where you know better than the assistant.")
@click.option("--json", "as_json", is_flag=True, help="Print the output line of the contract.")
def draft(
    text: str | None,
    file: str | None,
    out: str | None,
    office: str | None,
    channel: str,
    at: str | None,
    intent: str | None,
    as_json: bool,
) -> None:
    """Draft the reply to TEXT (- or nothing: standard input), or to every line of a file."""
    from responder.engine import files, lines, terminal

    if file and (text or intent):
        raise BadInput("Give either a text, or --file without --intent.")
    if out and not file:
        raise BadInput("--out goes with --file.")
    packs = _packs()
    defaults = _defaults(packs, office, channel, at)
    if intent:
        packs.intent(intent)
    if file:
        _draft_file(packs, file, out, defaults)
        return
    said = streams.text(text)
    message = lines.message({"text": said}, packs, defaults)
    line = _engine(packs).draft(message, intent).as_dict()
    if as_json:
        sys.stdout.buffer.write(files.encoded(line))
    else:
        click.echo(terminal.draft(line, packs), nl=False)


def _draft_file(packs: Packs, file: str, out: str | None, defaults: Defaults) -> None:
    from responder.engine import files

    if out and file != "-" and Path(out).resolve() == Path(file).resolve():
        raise BadInput("--out names the file that is read; name another.")
    with streams.reading(file) as source:
        engine = _engine(packs)
        with streams.writing(out) as sink:
            tally = files.draft_file(engine, source, sink, defaults, sys.stderr)
    if tally.bad:
        raise click.exceptions.Exit(1)


@cli.command()
@click.option("--office", required=True, help="Whose policy.")
@click.option("--intent", required=True, help="What the message was.")
@click.option("--channel", required=True, help="Where the reply goes.")
@click.option("--at", metavar="ISO-8601", help="When (default: now, Europe/London).")
@click.option("--file", "file", metavar="REPLY.txt", help="The reply (default: standard input).")
@click.option("--language", type=click.Choice(["en", "cy"]), help="The language the reply should be in.")
def check(office: str, intent: str, channel: str, at: str | None, file: str | None, language: str | None) -> None:
    """Check a reply against the policy; prints findings as JSON; exit status 1 where one blocks."""
    from responder.drafting.checking import check as findings_of
    from responder.engine.lines import LONDON

    packs = _packs()
    packs.office(office)
    packs.channel(channel)
    packs.intent(intent)
    when = _moment(at) or datetime.now(LONDON)
    with streams.reading(file or "-") as source:
        reply = streams.decoded(source.read())
    found = findings_of(packs, reply, office=office, intent=intent, channel=channel, at=when, language=language)
    click.echo(json.dumps([f.as_dict() for f in found], ensure_ascii=False, indent=2))
    if any(f.level == "blocking" for f in found):
        raise click.exceptions.Exit(1)


@cli.command()
@click.option("--office", required=True, help="Whose replies.")
@click.option("--at", metavar="ISO-8601", help="As of when (default: now, Europe/London).")
@click.option("--out", required=True, metavar="DIR", help="The folder for the page.")
def preview(office: str, at: str | None, out: str) -> None:
    """Write every reply of an office, per intent, channel, hours and language, as pages."""
    from responder.console.preview_pages import write_preview
    from responder.engine.lines import LONDON

    written = write_preview(_packs(), office, _moment(at) or datetime.now(LONDON), out)
    click.echo(next(path for path in written if path.name == "index.html"))


@cli.group(invoke_without_command=True)
@click.option("--at", metavar="ISO-8601", help="As of when (default: now).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def offices(context: click.Context, at: str | None, as_json: bool) -> None:
    """Show the offices and how their packs stand; `offices check` reads the packs for faults."""
    if context.invoked_subcommand:
        return
    from dataclasses import asdict

    from responder.engine import terminal
    from responder.engine.lines import LONDON

    packs = _packs()
    day = (_moment(at) or datetime.now(LONDON)).date()
    states = [packs.state(name, day) for name in sorted(packs.offices)]
    if as_json:
        click.echo(json.dumps([asdict(s) for s in states], default=str, ensure_ascii=False, indent=2))
    else:
        click.echo(terminal.offices(packs, states), nl=False)


@offices.command("check")
def offices_check() -> None:
    """Read every pack strictly; the first fault is named with its file and line, exit status 1."""
    from responder.desk import desk_rules

    packs = _packs()
    desk_rules.load(_places().packs)
    click.echo(f"{len(packs.offices)} offices and the national pack: no fault.")


@cli.command()
@click.option("--if-needed", is_flag=True, help="Only where the model is missing, altered or old.")
def train(if_needed: bool) -> None:
    """Train the model from config.yml, domain.yml and data/."""
    from responder.engine import model
    from responder.evaluation import gate

    places = _places()
    if if_needed:
        try:
            path = model.current(places)
            if not model.is_untaught(places):
                click.echo(f"The model is current: {path}")
                return
            click.echo("There are examples that the model does not know; training now.", err=True)
        except ModelError as error:
            click.echo(str(error).replace(model.DO, "training now"), err=True)
    click.echo(gate.train(places, _packs(), sys.stderr).sentence())


@cli.command()
@click.argument("text", required=False)
@click.option("--intent", help="What the message is.")
@click.option("--urgency", default="routine", show_default=True, help="How urgent it is.")
@click.option("--language", default="en", show_default=True, help="en or cy.")
@click.option("--forget", type=int, metavar="NUMBER", help="Take the example of this number out again.")
def teach(text: str | None, intent: str | None, urgency: str, language: str, forget: int | None) -> None:
    """Keep TEXT (-: standard input) as an example of --intent, for the next `responder train`.

    Without TEXT, list the examples that are kept. Contacts and other personal data are blotted out first.
    """
    from responder.engine import teaching

    places, packs = _places(), _packs()
    if forget is not None:
        gone = teaching.forget(places, forget)
        click.echo(f"Taken out: an example of {gone.intent}. Run `responder train` to teach without it.")
    elif text is None and intent is None:
        kept = teaching.examples(places)
        for number, one in enumerate(kept, start=1):
            click.echo(f"{number:>4}  {one.intent:<22} {one.urgency:<9} {one.language}  {one.text}")
        click.echo(f"{len(kept)} examples of your own in {places.own_examples}")
    elif intent is None:
        raise BadInput("Say with --intent what the message is.")
    else:
        one = teaching.teach(places, packs, streams.text(text), intent, urgency=urgency, language=language)
        click.echo(f"Kept as {one.intent} ({one.urgency}): {one.text}\nRun `responder train` to teach it.")


@cli.command()
@click.argument("file")
@click.option("--report", metavar="DIR", help="Write report.html and report.json here.")
@click.option("--office", help=f"Whose policy, where a line does not say (default: RESPONDER_OFFICE, or {OFFICE}).")
@click.option("--channel", default=CHANNEL, show_default=True, help="The channel, where a line does not say.")
def evaluate(file: str, report: str | None, office: str | None, channel: str) -> None:
    """Measure on labelled JSON Lines: accuracy, urgency, missed emergencies, flags, speed."""
    from responder.evaluation import measuring, pages

    packs = _packs()
    defaults = _defaults(packs, office, channel, None)
    with streams.reading(file) as source:
        examples = measuring.read_examples(source)
    result = measuring.measure(examples, _engine(packs), defaults, progress=sys.stderr)
    click.echo(pages.short_table(result), nl=False)
    if report:
        with streams.told(f"The folder {report} cannot be written"):
            click.echo(f"Report: {pages.write(result, Path(report))}")


@cli.command()
@click.option("--home", help="The data folder (default: RESPONDER_HOME, or ./var).")
@click.option("--until-stdin-closes", is_flag=True, hidden=True)
@click.option("--without-desk", is_flag=True, hidden=True)
def worker(home: str | None, until_stdin_closes: bool, without_desk: bool) -> None:
    """Run the worker alone, which reads messages for the pages and the inbox; `serve` does this for you."""
    from responder.desk.worker import Consumer
    from responder.engine import worker as process

    places = _places(home)
    until_closed = sys.stdin.fileno() if until_stdin_closes else None
    beside = None if without_desk else Consumer.of(places.home, places.packs)
    process.run(places, until_closed=until_closed, beside=beside)


for command in (audit.audit, intake.import_, serve.serve, user.user):
    cli.add_command(command)


def _places(home: str | None = None) -> Places:
    from responder.engine.places import Places

    return Places.default(home)


def _packs() -> Packs:
    from responder.drafting.packs import load_packs

    return load_packs(_places().packs)


def _engine(packs: Packs) -> Any:
    from responder.engine.agent import Engine

    click.echo("The model is loading …", err=True)
    return Engine.load(places=_places(), packs=packs)


def _defaults(packs: Packs, office: str | None, channel: str, at: str | None) -> Defaults:
    from responder.engine.lines import Defaults

    chosen = office or os.environ.get("RESPONDER_OFFICE") or OFFICE
    packs.office(chosen)
    packs.channel(channel)
    if not office:
        click.echo(f"No --office is given: {chosen}.", err=True)
    return Defaults(chosen, channel, _moment(at))


def _moment(at: str | None) -> datetime | None:
    from responder.engine.lines import moment

    return moment(at, "--at") if at else None


def main(arguments: list[str] | None = None) -> None:
    """The entry point: runs the command and turns every error into its one sentence."""
    from responder.engine import complaints

    sys.exit(complaints.run(cli, arguments))


if __name__ == "__main__":
    main()
