"""`sescli template` against the local SES emulator; boto3 reads the effects."""

from __future__ import annotations

import json

import pytest
from gatekeeper import denied
from repository import ROOT

EXAMPLES = ROOT / "examples" / "templates"
GUIDE = {
    "Template": {
        "TemplateName": "OrderConfirmation",
        "SubjectPart": "Order Confirmation - {{orderId}}",
        "TextPart": "Dear {{name}},\n\nYour order {{orderId}} has been confirmed.\n\nTotal: ${{total}}\n\nThank you!",
        "HtmlPart": "<h1>Order Confirmation</h1><p>Dear {{name}},</p><p>{{orderId}}: ${{total}}</p>",
    }
}


@pytest.fixture
def guide(tmp_path):
    path = tmp_path / "template.json"
    path.write_text(json.dumps(GUIDE))
    return path


@pytest.fixture
def order(sescli, ses, guide):
    assert sescli("template", "create", "--file", str(guide)).code == 0
    return "OrderConfirmation"


def test_template_create_stores_a_file_of_the_aws_guide(sescli, ses, boto, guide):
    ran = sescli("template", "create", "--file", str(guide))
    assert ran.code == 0
    assert ran.stdout == "Created template OrderConfirmation in us-east-1.\n"
    assert "template render OrderConfirmation --data orderId=" in ran.stderr
    stored = boto("sesv2").get_email_template(TemplateName="OrderConfirmation")["TemplateContent"]
    assert stored["Text"] == GUIDE["Template"]["TextPart"]
    assert stored["Subject"] == "Order Confirmation - {{orderId}}"


def test_template_create_accepts_options_and_standard_input(sescli, ses, boto, tmp_path):
    html = tmp_path / "body.html"
    html.write_text("<p>{{name}}")
    made = sescli(
        "template", "create", "a", "--subject", "s", "--text", "@@x", "--html", f"@{html}", "-o", "json"
    )
    assert made.json == {
        "name": "a",
        "subject": "s",
        "text": "@x",
        "html": "<p>{{name}}",
        "variables": ["name"],
    }
    assert sescli("template", "create", "b", "--subject", "s", "--text", "-", stdin="piped").code == 0
    assert boto("sesv2").get_email_template(TemplateName="b")["TemplateContent"]["Text"] == "piped"
    piped = json.dumps({"SubjectPart": "s", "TextPart": "t"})
    assert sescli("template", "create", "c", "--file", "-", stdin=piped).code == 0


def test_template_create_accepts_a_folder(sescli, ses, boto):
    assert sescli("template", "create", "--file", str(EXAMPLES / "welcome")).code == 0
    assert (
        "{{> button}}" in boto("sesv2").get_email_template(TemplateName="welcome")["TemplateContent"]["Html"]
    )


def test_template_show_json_is_accepted_by_create(sescli, order, boto):
    shown = sescli("template", "show", order, "-o", "json")
    assert set(shown.json) == {"name", "subject", "text", "html", "variables"}
    assert shown.json["variables"] == ["orderId", "name", "total"]
    assert sescli("template", "create", "copy", "--file", "-", stdin=shown.stdout).code == 0
    one, other = (
        boto("sesv2").get_email_template(TemplateName=n)["TemplateContent"] for n in (order, "copy")
    )
    assert one == other


def test_template_show_keeps_line_breaks(sescli, order):
    shown = sescli("template", "show", order).stdout
    assert "Variables: orderId, name, total\n" in shown
    assert "\nDear {{name}},\n\nYour order" in shown


def test_template_create_refuses_an_existing_name(sescli, order, guide):
    ran = sescli("template", "create", "--file", str(guide), "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "AlreadyExistsException")
    assert "template update OrderConfirmation" in ran.error["hint"]


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (["x", "--subject", "s", "--text", "{{#if a}}"], 2, "text, line 1, column 1: {{#if}} is not closed"),
        (["x", "--subject", "{{a", "--text", "t"], 2, "subject, line 1, column 1: this {{ is not closed"),
        (["x"], 2, "missing: --subject, --text or --html"),
        ([], 2, "missing: NAME, --subject, --text or --html"),
        (["x", "--subject", "s"], 2, "missing: --text or --html"),
        (["a b", "--subject", "s", "--text", "t"], 2, "not a valid template name"),
        (["x", "--subject", "a\nb", "--text", "t"], 2, "a line break"),
        (["x", "--subject", "s", "--html", "@/no/such/file"], 2, "/no/such/file: cannot be read"),
        (["x", "--file", "/no/such/file"], 2, "/no/such/file: cannot be read"),
        (["x", "--subject", "s", "--text", "x" * 600_000], 2, "500 KB"),
    ],
)
def test_template_create_refuses_bad_templates(sescli, ses, boto, options, code, says):
    ran = sescli("template", "create", *options, "-o", "json")
    assert ran.code == code
    assert says in ran.error["message"]
    assert boto("sesv2").list_email_templates()["TemplatesMetadata"] == []


def test_template_create_reports_line_and_column_of_bad_json(sescli, ses, tmp_path):
    path = tmp_path / "t.json"
    path.write_text('{"Template": {\n  "SubjectPart": }}')
    ran = sescli("template", "create", "--file", str(path))
    assert ran.code == 2
    assert f"{path}:2:18: is not valid JSON" in ran.stderr


def test_template_list_reads_all_pages(sescli, ses, boto):
    client = boto("sesv2")
    for number in range(103):
        client.create_email_template(
            TemplateName=f"t{number:03}", TemplateContent={"Subject": "s", "Text": "t"}
        )
    listed = sescli("template", "list", "-o", "json").json
    assert len(listed) == 103
    assert set(listed[0]) == {"name", "created_at"}
    assert listed[0]["created_at"].endswith("Z")
    assert len(sescli("template", "list", "--limit", "3", "-o", "json").json) == 3


def test_template_list_without_templates_suggests_create(sescli, ses):
    ran = sescli("template", "list")
    assert (ran.code, ran.stdout) == (0, "")
    assert "sescli template create" in ran.stderr


def test_template_update_replaces_one_part_or_all(sescli, order, boto, guide):
    assert sescli("template", "update", order, "--subject", "New {{orderId}}").code == 0
    content = boto("sesv2").get_email_template(TemplateName=order)["TemplateContent"]
    assert content["Subject"] == "New {{orderId}}"
    assert content["Text"] == GUIDE["Template"]["TextPart"]
    assert sescli("template", "update", "--file", str(guide)).code == 0
    content = boto("sesv2").get_email_template(TemplateName=order)["TemplateContent"]
    assert content["Subject"] == GUIDE["Template"]["SubjectPart"]


@pytest.mark.parametrize(
    "command",
    [
        ["show", "none"],
        ["update", "none", "--subject", "s"],
        ["update", "none", "--subject", "s", "--text", "t", "--file", "FILE"],
        ["delete", "none", "--yes"],
        ["render", "none"],
        ["render", "none", "--offline"],
    ],
)
def test_template_commands_exit_5_for_an_unknown_template(sescli, ses, guide, command):
    arguments = [str(guide) if argument == "FILE" else argument for argument in command]
    ran = sescli("template", *arguments, "-o", "json")
    assert ran.code == 5
    assert 'template "none" not found in us-east-1' in ran.error["message"]
    assert "sescli template list" in ran.error["hint"]


def test_template_delete_asks_first(sescli, order, boto):
    refused = sescli("template", "delete", order)
    assert refused.code == 2
    assert "--yes" in refused.stderr
    kept = sescli("template", "delete", order, answers=[("Delete OrderConfirmation", False)])
    assert kept.code == 2
    assert boto("sesv2").get_email_template(TemplateName=order)
    gone = sescli("template", "delete", order, answers=[("Delete OrderConfirmation", True)])
    assert gone.code == 0
    assert boto("sesv2").list_email_templates()["TemplatesMetadata"] == []


def test_template_delete_of_several_reports_each(sescli, order):
    ran = sescli("template", "delete", order, "none", "--yes", "-o", "json")
    assert ran.code == 5
    assert ran.json == [{"name": order}]


def test_template_render_gives_the_same_in_ses_and_offline(sescli, order):
    data = ["--data", "name=Jane <b>", "--data", "orderId=1", "--data", "total=9.90"]
    online = sescli("template", "render", order, *data, "-o", "json").json
    offline = sescli("template", "render", order, *data, "--offline", "-o", "json").json
    assert online == offline
    assert set(online) == {"subject", "text", "html"}
    assert online["subject"] == "Order Confirmation - 1"
    assert "Dear Jane <b>," in online["html"]  # SES does not escape
    assert online["text"].endswith("Thank you!")


def test_template_render_options_override_the_data_file(sescli, order, tmp_path):
    data = tmp_path / "d.yaml"
    data.write_text("name: Jane\norderId: '1'\ntotal: '9.90'\n")
    command = [
        "template",
        "render",
        order,
        "--data-file",
        str(data),
        "--data",
        "name=Ann",
        "-q",
        "text",
        "-o",
        "json",
    ]
    assert "Dear Ann" in sescli(*command).json


@pytest.fixture
def tea(sescli, ses, tmp_path):
    """The output of creating a template with an object, a list and simple variables."""
    path = tmp_path / "tea.json"
    parts = {
        "SubjectPart": "Order {{order.id}}",
        "TextPart": "{{name}} {{#each items}}{{this}} {{/each}}{{total}}",
    }
    path.write_text(json.dumps({"Template": {"TemplateName": "TeaOrder"} | parts}))
    return sescli("template", "create", "--file", str(path))


@pytest.mark.parametrize("mode", [[], ["--offline"]], ids=["in SES", "offline"])
def test_template_render_names_all_missing_variables(sescli, tea, mode):
    ran = sescli("template", "render", "TeaOrder", *mode, "--data", "name=Jo", "-o", "json")
    assert (ran.code, ran.error["code"]) == (2, "MissingVariable")
    assert "the variables 'order.id', 'total', 'items', which are not" in ran.error["message"]
    assert ran.error["hint"] == (
        "--data-file FILE (JSON or YAML) for lists and objects: items; "
        "--data order.id=VALUE --data total=VALUE"
    )


def test_template_render_fills_dotted_variables_the_same_in_ses_and_offline(sescli, tea, tmp_path):
    items = tmp_path / "items.json"
    items.write_text('{"items": ["tea"], "order": {"id": "1"}}')
    data = ["--data", "order.id=5", "--data", "name=Jo", "--data", "total=9", "--data-file", str(items)]
    online = sescli("template", "render", "TeaOrder", *data, "-o", "json")
    assert online.json == {"subject": "Order 5", "text": "Jo tea 9", "html": None}
    assert sescli("template", "render", "TeaOrder", *data, "--offline", "-o", "json").json == online.json


def test_template_render_reports_the_answer_of_ses_without_read_permission(sescli, tea, refusing):
    refusing(**{"GET /v2/email/templates/TeaOrder": denied("GetEmailTemplate")})
    ran = sescli("template", "render", "TeaOrder", "--data", "name=Jo", "-o", "json")
    assert (ran.code, ran.error["code"]) == (1, "BadRequestException")


def test_template_create_suggests_a_command_that_runs(sescli, tea):
    assert tea.stderr == "Next: to see the variables that its data needs: sescli template show TeaOrder\n"
    made = sescli("template", "create", "--file", str(EXAMPLES / "welcome"))
    next_step = made.stderr.removeprefix("Next: sescli ").split()
    assert sescli(*next_step).code == 0


def test_template_render_of_a_file_needs_no_account(sescli, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    folder = EXAMPLES / "welcome"
    ran = sescli(
        "template", "render", "--offline", "--file", str(folder), "--data-file", str(folder / "data.json")
    )
    assert ran.code == 0
    assert ran.stdout.startswith("Subject: Welcome to Example Shop, Jane\n")


def test_template_create_dry_run_changes_nothing(sescli, ses, boto, guide):
    ran = sescli("template", "create", "--file", str(guide), "--dry-run", "-o", "json")
    assert ran.code == 0
    assert ran.json[0]["operation"] == "CreateEmailTemplate"
    assert ran.json[0]["parameters"]["TemplateName"] == "OrderConfirmation"
    assert boto("sesv2").list_email_templates()["TemplatesMetadata"] == []


def test_template_get_shows_a_template_that_sescli_cannot_parse(sescli, order):
    from sescli.groups.template.service.templates import get

    class Stored:
        """A gateway whose SES stores a template that SES accepts and sescli cannot parse."""

        def read(self, *_, **__):
            return {"TemplateContent": {"Subject": "{{#x}}{{/y}}", "Text": "t"}}

    warnings = []
    assert get(Stored(), "t", warn=warnings.append).variables == ()
    assert "has a syntax error" in warnings[0]
