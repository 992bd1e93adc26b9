"""`liuwei audit`: labels that look wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service import console
from service.cli_models import MoreExamples, example_files
from service.options import Call, command

if TYPE_CHECKING:
    from service.auditing import Finding


app = typer.Typer()


@command(app, "audit")
def audit(
    call: Call,
    more: MoreExamples = None,
    examples: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE...", help="Labelled .jsonl, one or several; without it, the feedback of people."),
    ] = None,
) -> None:
    """Name labels that the other labels contradict, the surest first; each is judged without its batch."""
    from service.auditing import audit_examples, audit_feedback
    from service.runtime import Runtime

    files = example_files(examples, more)
    with Runtime(call.settings) as runtime:
        found = audit_examples(runtime, files) if files else audit_feedback(runtime)
    console.say(f"{found.judged} labels judged, {len(found.findings)} in doubt")
    rows = [_row(finding) for finding in found.findings]
    if call.json:
        for row in rows:
            console.print_json(row)
    else:
        names = ("label", "suggested", "confidence", "label_confidence", "text")
        console.print_table("", names, ([row[name] for name in names] for row in rows), wide="text")


def _row(finding: "Finding") -> dict[str, Any]:
    example, suspect = finding.example, finding.suspect
    return {
        "text": example.text,
        "context": example.context,
        "label": example.primary,
        "suggested": suspect.suggested,
        "confidence": round(suspect.confidence, 4),
        "label_confidence": round(suspect.label_confidence, 4),
        "batch": example.batch,
        "feedback_id": finding.feedback_id,
    }
