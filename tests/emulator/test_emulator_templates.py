"""Templates, their rendering, and SendBulkEmail.

docs/ses-behavior.md#bulk-statuses, #bulk-entries, #template-syntax, #stored-templates, #v1-spelling
"""

import json

import pytest
from refusals import refused, to

ORDER = {"TemplateName": "order"}


def make(ses, name="order", **parts):
    content = parts or {"Subject": "Hi {{name}}", "Text": "Dear {{name}}", "Html": "<b>{{name}}</b>"}
    ses.create_email_template(TemplateName=name, TemplateContent=content)


def send(ses, data, template=ORDER):
    content = {"Template": {**template, "TemplateData": json.dumps(data)}}
    return ses.send_email(
        FromEmailAddress="shop@example.com", Destination=to("ann@example.org"), Content=content
    )["MessageId"]


def bulk(ses, *entries, default="{}", **more):
    return ses.send_bulk_email(
        FromEmailAddress="shop@example.com",
        DefaultContent={"Template": {"TemplateName": "order", "TemplateData": default}},
        BulkEmailEntries=list(entries),
        **more,
    )["BulkEmailEntryResults"]


def entry(address="ann@example.org", data=None, **more):
    replacement = {}
    if data is not None:
        text = data if isinstance(data, str) else json.dumps(data)
        replacement = {"ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": text}}}
    return {"Destination": to(address), **replacement, **more}


def test_template_is_created_shown_updated_and_deleted(v2):
    make(v2)
    with refused("AlreadyExistsException", "order"):
        make(v2)
    v2.update_email_template(TemplateName="order", TemplateContent={"Subject": "s", "Text": "t"})
    shown = v2.get_email_template(TemplateName="order")
    assert shown["TemplateContent"] == {"Subject": "s", "Text": "t"}
    v2.delete_email_template(TemplateName="order")
    for call in (v2.get_email_template, v2.delete_email_template):
        with refused("NotFoundException", "order", 404):
            call(TemplateName="order")
    with refused("NotFoundException", "order", 404):
        v2.update_email_template(TemplateName="order", TemplateContent={"Subject": "s", "Text": "t"})


@pytest.mark.parametrize(
    "parts",
    [
        {"Text": "no subject"},
        {"Subject": "no body"},
        {"Subject": "s", "Text": "{{#if a}}never closed"},
        {"Subject": "{{", "Text": "t"},
        {"Subject": "s", "Html": "x" * (500 * 1024 + 1)},
    ],
)
def test_invalid_template_content_is_rejected(v2, parts):
    with refused("BadRequestException"):
        make(v2, **parts)


def test_templates_are_listed_10_per_page(v2):
    for number in range(12):
        make(v2, f"t{number:02}")
    first = v2.list_email_templates()
    rest = v2.list_email_templates(NextToken=first["NextToken"])
    names = [row["TemplateName"] for page in (first, rest) for row in page["TemplatesMetadata"]]
    assert names == [f"t{number:02}" for number in range(12)]
    assert len(first["TemplatesMetadata"]) == 10
    assert "NextToken" not in rest
    with refused("BadRequestException"):
        v2.list_email_templates(PageSize=101)


def test_send_renders_without_html_escaping(shop, inbox):
    make(shop)
    send(shop, {"name": "<Ann> & Bob"})
    mail = next(inbox.messages())
    assert (mail.subject, mail.text, mail.html) == (
        "Hi <Ann> & Bob",
        "Dear <Ann> & Bob",
        "<b><Ann> & Bob</b>",
    )
    assert mail.template == "order"


def test_send_renders_paths_lists_and_conditions(shop, inbox):
    make(
        shop,
        Subject="{{order.id}}",
        Text="{{#each lines}}{{name}}={{price}};{{/each}}{{#if vip}}VIP{{else}}-{{/if}}",
    )
    send(shop, {"order": {"id": 7}, "lines": [{"name": "a", "price": 1}, {"name": "b", "price": 2}]})
    mail = next(inbox.messages())
    assert (mail.subject, mail.text) == ("7", "a=1;b=2;-")


def test_send_with_missing_variable_is_accepted_but_not_delivered(shop, inbox):
    make(shop)
    message_id = send(shop, {"nam": "Ann"})
    mail = inbox.get(message_id)
    assert mail.status == "rendering_failed"
    assert mail.reason == "Attribute 'name' is not present in the rendering data."
    assert shop.get_account()["SendQuota"]["SentLast24Hours"] == 1


def test_inline_template_content_is_checked(shop, inbox):
    send(shop, {"name": "Ann"}, {"TemplateContent": {"Subject": "Inline {{name}}", "Text": "t"}})
    mail = next(inbox.messages())
    assert (mail.subject, mail.template) == ("Inline Ann", None)
    with refused("BadRequestException", "Exactly one"):
        send(shop, {}, {"TemplateName": "order", "TemplateContent": {"Subject": "s", "Text": "t"}})
    with refused("BadRequestException", "Exactly one"):
        send(shop, {}, {})


def test_unknown_template_and_invalid_data_are_rejected(shop):
    with refused("NotFoundException", "order", 404):
        send(shop, {})
    make(shop)
    for data in ("{", "[1]", '"text"'):
        with refused("BadRequestException"):
            shop.send_email(
                FromEmailAddress="shop@example.com",
                Destination=to("ann@example.org"),
                Content={"Template": {"TemplateName": "order", "TemplateData": data}},
            )


def test_render_operation_returns_mime_and_rejects_missing_variable(v2):
    make(v2)
    shown = v2.test_render_email_template(TemplateName="order", TemplateData='{"name": "Ann"}')
    assert "Subject: Hi Ann" in shown["RenderedTemplate"]
    assert "<b>Ann</b>" in shown["RenderedTemplate"]
    with refused("BadRequestException", "Attribute 'name' is not present in the rendering data."):
        v2.test_render_email_template(TemplateName="order", TemplateData="{}")
    with refused("NotFoundException", status=404):
        v2.test_render_email_template(TemplateName="other", TemplateData="{}")


# Bulk calls


def test_bulk_entries_are_separate_messages(shop, inbox):
    make(shop)
    results = bulk(shop, *(entry(f"r{n}@example.org", {"name": f"n{n}"}) for n in range(50)))
    assert [each["Status"] for each in results] == ["SUCCESS"] * 50
    mails = list(inbox.messages())
    assert [mail.message_id for mail in reversed(mails)] == [each["MessageId"] for each in results]
    assert mails[0].text == "Dear n49"


def test_bulk_entry_data_replaces_default_data(shop, inbox):
    make(shop, Subject="{{a}}", Text="{{b}}")
    default = '{"a": "A", "b": "B"}'
    bulk(shop, entry(), entry(data="{}"), entry(data={"a": "own"}), default=default)
    own, empty, none = inbox.messages()
    assert (none.subject, none.text) == (empty.subject, empty.text) == ("A", "B")
    assert own.reason == "Attribute 'b' is not present in the rendering data."


def test_bulk_replacement_tags_and_headers_override_defaults(shop, inbox):
    make(shop)
    shop.send_bulk_email(
        FromEmailAddress="shop@example.com",
        DefaultEmailTags=[{"Name": "run", "Value": "1"}, {"Name": "tier", "Value": "none"}],
        DefaultContent={
            "Template": {
                "TemplateName": "order",
                "TemplateData": '{"name": "x"}',
                "Headers": [{"Name": "X-A", "Value": "default"}, {"Name": "X-B", "Value": "kept"}],
                "Attachments": [{"FileName": "a.txt", "RawContent": b"same for all"}],
            }
        },
        BulkEmailEntries=[
            entry(
                ReplacementTags=[{"Name": "tier", "Value": "gold"}],
                ReplacementHeaders=[{"Name": "x-a", "Value": "own"}],
            )
        ],
    )
    mail = next(inbox.messages())
    assert mail.tags == {"run": "1", "tier": "gold"}
    assert {header["name"]: header["value"] for header in mail.headers} == {"X-B": "kept", "x-a": "own"}
    assert inbox.attachment(mail.id, 1) == b"same for all"


def test_bulk_reports_invalid_entry_in_its_position(shop, inbox):
    make(shop)
    good = {"name": "x"}
    results = bulk(
        shop,
        entry(data=good),
        entry("nonsense", good),
        entry(data="{"),
        entry(data=good, ReplacementTags=[{"Name": "a b", "Value": "c"}]),
        {"Destination": {"ToAddresses": [f"r{n}@example.org" for n in range(51)]}},
        entry(data=good),
    )
    assert [each["Status"] for each in results] == [
        "SUCCESS",
        "INVALID_PARAMETER",
        "INVALID_PARAMETER",
        "INVALID_PARAMETER",
        "INVALID_PARAMETER",
        "SUCCESS",
    ]
    assert results[1]["Error"]
    assert "MessageId" not in results[1]
    assert len(list(inbox.messages())) == 2


def test_bulk_call_fails_if_all_entries_are_affected(shop, inbox):
    make(shop)
    many = [entry(data={"name": "x"})] * 51
    with refused("BadRequestException"):
        bulk(shop, *many)
    with refused("BadRequestException"):
        bulk(shop)
    with refused("NotFoundException", status=404):
        bulk(shop, entry(), ConfigurationSetName="nope")
    shop.delete_email_template(TemplateName="order")
    with refused("NotFoundException", "order", 404):
        bulk(shop, entry())
    assert list(inbox.messages()) == []


def test_v1_and_v2_share_templates(shop, v1, inbox):
    v1.create_template(
        Template={"TemplateName": "order", "SubjectPart": "Hi {{name}}", "TextPart": "<{{name}}>"}
    )
    assert shop.get_email_template(TemplateName="order")["TemplateContent"] == {
        "Subject": "Hi {{name}}",
        "Text": "<{{name}}>",
    }
    v1.send_templated_email(
        Source="shop@example.com",
        Destination=to("ann@example.org"),
        Template="order",
        TemplateData='{"name": "Ann"}',
    )
    assert next(inbox.messages()).text == "<Ann>"
    statuses = v1.send_bulk_templated_email(
        Source="shop@example.com",
        Template="order",
        DefaultTemplateData='{"name": "all"}',
        Destinations=[
            {"Destination": to("a@example.org")},
            {"Destination": to("bad"), "ReplacementTemplateData": '{"name": "x"}'},
        ],
    )["Status"]
    assert [each["Status"] for each in statuses] == ["Success", "InvalidParameterValue"]
    with refused("MissingRenderingAttribute", "Attribute 'name' is not present"):
        v1.test_render_template(TemplateName="order", TemplateData="{}")
    v1.delete_template(TemplateName="order")
    v1.delete_template(TemplateName="order")
    with refused("TemplateDoesNotExist", "order"):
        v1.get_template(TemplateName="order")
    with refused("InvalidTemplate"):
        v1.create_template(Template={"TemplateName": "x", "SubjectPart": "{{#if}}"})
