"""The Handlebars engine against what SES documents and handlebars.js does."""

from __future__ import annotations

import pytest

from sescli.handlebars import engine
from sescli.handlebars.engine import (
    MissingVariable,
    RenderingUnknown,
    TemplateDataError,
    TemplateSyntaxError,
    UnknownSyntax,
)

DATA = {
    "name": "Ann",
    "html": "<b>&\"'",
    "n": 1,
    "zero": 0,
    "yes": True,
    "no": False,
    "null": None,
    "empty": "",
    "none": [],
    "nums": [1, 2],
    "order": {"id": 7, "total": "9.90", "to": {"city": "Oslo"}},
    "lines": [{"sku": "a", "price": 1.5}, {"sku": "b", "price": 2}],
    "len": "a helper of the engine, a variable here",
    "two words": "2w",
}


def render(source: str, **data: object) -> str:
    return engine.compile(source).render(data or DATA)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("Dear {{name}}, ${{order.total}}", "Dear Ann, $9.90"),
        ("{{html}}|{{{html}}}|{{&html}}", "|".join(["<b>&\"'"] * 3)),
        (
            "{{order.to.city}} {{order/id}} {{this.name}} {{./name}} {{nums.[1]}} {{nums.0}}",
            "Oslo 7 Ann Ann 2 1",
        ),
        ("{{[two words]}} {{len}}", "2w a helper of the engine, a variable here"),
        ("{{#each lines}}{{sku}}={{price}}{{#unless @last}}, {{/unless}}{{/each}}", "a=1.5, b=2"),
        ("{{#each nums}}{{@index}}{{this}}{{@first}}{{@last}};{{/each}}", "01truefalse;12falsetrue;"),
        ("{{#each nums}}{{.}}{{/each}}", "12"),
        ("{{#each order.to}}{{@key}}:{{this}}{{/each}}", "city:Oslo"),
        ("{{#each none}}x{{else}}nothing{{/each}}", "nothing"),
        (
            "{{#each lines}}{{../name}}{{#each ../nums}}{{../sku}}{{../../n}}{{/each}} {{/each}}",
            "Anna1a1 Annb1b1 ",
        ),
        ("{{#each lines as |line i|}}{{i}}{{line.sku}}{{/each}}", "0a1b"),
        ("{{#with order}}{{id}}{{#with to}}{{city}}{{../id}}{{../../name}}{{/with}}{{/with}}", "7Oslo7Ann"),
        ("{{#with order as |o|}}{{o.id}}{{/with}}", "7"),
        ("{{#if yes}}a{{else}}b{{/if}}{{#if no}}a{{else}}b{{/if}}", "ab"),
        (
            "{{#if zero}}a{{/if}}{{#if empty}}b{{/if}}{{#if none}}c{{/if}}{{#if null}}d{{/if}}{{#if absent}}e{{/if}}",
            "",
        ),
        ("{{#if no}}1{{else if yes}}2{{else}}3{{/if}}", "2"),
        ("{{#if no}}1{{^}}2{{/if}}{{#unless no}}3{{/unless}}", "23"),
        ('{{lookup nums 1}}{{lookup order "id"}}{{#with (lookup lines 0)}}{{sku}}{{/with}}', "27a"),
        ("{{#each nums}}{{#with (lookup ../lines @index)}}{{sku}}{{/with}}{{/each}}", "ab"),
        ('{{#* inline "hi"}}Hi {{name}}{{/inline}}{{> hi}}!', "Hi Ann!"),
        ('{{#*inline "l"}}{{sku}}{{q}};{{/inline}}{{#each lines}}{{> l q=@index}}{{/each}}', "a0;b1;"),
        ('{{#*inline "o"}}{{id}}{{/inline}}{{> o order}}', "7"),
        ("{{@root.name}}{{#each nums}}{{@root.n}}{{/each}}", "Ann11"),
        (r"\{{name}} \\{{name}} \\\{{name}} \{{{name}}}", r"{{name}} \Ann \\Ann {{{name}}}"),
        ("a  {{~name~}}  b {{~#if yes~}} c {{~/if~}} d", "aAnnbcd"),
        ("a {{~{html}~}} b", "a<b>&\"'b"),
        ("a{{! x {{name }}b{{!-- {{name}} }} --}}c", "abc"),
        ("{{{{raw}}}}{{name}} }}{{{{/raw}}}}", "{{name}} }}"),
        ('{{#if (lookup order "}}")}}a{{else}}b{{/if}}', "b"),
        ("{ {{name}} } }} {{{name}}}}", "{ Ann } }} Ann}"),
        ("a\n{{#if yes}}\n b\n{{/if}}\nc\n{{! d }}\ne", "a\n b\nc\ne"),
        ("", ""),
    ],
)
def test_renders(source: str, text: str) -> None:
    assert render(source) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1"),
        (-7, "-7"),
        (1.0, "1"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e20, "100000000000000000000"),
        (2**53 + 1, "9007199254740993"),
        (2**70, "1180591620717411303424"),
        (1e21, "1e+21"),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ([1, 2.0, "x", None, [True]], "1,2,x,,true"),
        ((1, 2), "1,2"),
        ({"a": 1}, "[object Object]"),
        ([{"a": 1}], "[object Object]"),
        ("1.0", "1.0"),
        ("né 你 \u2028", "né 你 \u2028"),
    ],
)
def test_prints_values_as_handlebars_js_does(value: object, text: str) -> None:
    assert render("{{v}}", v=value) == text
    assert render("{{#each w}}{{v}}{{/each}}", w=[{"v": value}]) == text
    assert render("{{w}} {{v}}", w=[], v=value) == f" {text}"


@pytest.mark.parametrize(
    ("source", "line", "column", "says"),
    [
        ("{{#if a}}\n{{#if b}}\n x{{/each}}", 3, 3, "{{/each}} closes {{#if}}, which was opened on line 2"),
        ("é\n {{#each a}}", 2, 2, "{{/each}} is missing"),
        ('{{#*inline "p"}}', 1, 1, "{{/inline}} is missing"),
        ("a{{/if}}", 1, 2, "has no block to close"),
        ("{{else}}", 1, 1, "outside of any block"),
        ("{{#if a}}{{else}}{{else}}{{/if}}", 1, 18, "a second {{else}}"),
        ("a {{b", 1, 3, "is not closed by }}"),
        ("{{{b}}", 1, 1, "is not closed by }}}"),
        ("{{a\n{{b}}", 1, 1, "is not closed"),
        ("{{!-- a }}", 1, 1, "comment is not closed"),
        ("{{{{raw}}}} a", 1, 1, "raw block"),
        ("{{}}", 1, 3, "empty"),
        ("{{a.}}", 1, 4, "."),
        ("{{a[0].b}}", 1, 4, "[0]"),
        ("{{#if}}x{{/if}}", 1, 1, "needs one value"),
        ("{{#if a b}}x{{/if}}", 1, 1, "needs one value"),
        ("{{#if (lookup a}}x{{/if}}", 1, 7, "not closed"),
        ("{{lookup a}}", 1, 1, "lookup needs two values"),
        ("{{#if (eq a b)}}x{{/if}}", 1, 7, "SES documents no helper 'eq'"),
        ("{{#eq a b}}x{{/eq}}", 1, 1, "SES documents no block helper 'eq'"),
        ("{{{{up}}}}x{{{{/up}}}}", 1, 1, "SES documents no helper 'up'"),
        ("{{^a b}}x{{/a b}}", 1, 1, "is not a documented block of SES"),
        ("{{> nav}}", 1, 1, "the partial 'nav' is not defined"),
        ("{{#> nav}}x{{/nav}}", 1, 1, "documents no partial blocks"),
        ('{{#*inline "p"}}{{> p}}{{/inline}}', 1, 17, "calls itself"),
        ('{{#*inline "p"}}{{/inline}}{{#*inline "p"}}{{/inline}}', 1, 28, "defined twice"),
        ("{{@foo}}", 1, 3, "SES does not document '@foo'"),
        ("{{true}}", 1, 1, "not the name of a variable"),
        ("{{#if a}}" * 101 + "{{/if}}" * 101, 1, 901, "blocks are nested more than 100"),
        (
            "{{#if (lookup " * 1 + "(lookup " * 25 + "a 1)" + " 1)" * 25 + "}}{{/if}}",
            1,
            167,
            "expressions are nested more than 20",
        ),
    ],
)
def test_refuses_with_the_place(source: str, line: int, column: int, says: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        engine.compile(source)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert says in caught.value.message


def chain(calls: int, count: int) -> str:
    """Partials of which each calls the one before it `calls` times."""
    inlines = ['{{#*inline "p0"}}x{{/inline}}']
    inlines += [
        f'{{{{#*inline "p{number}"}}}}{{{{#if a}}}}{f"{{{{> p{number - 1}}}}}" * calls}{{{{/if}}}}{{{{/inline}}}}'
        for number in range(1, count)
    ]
    return "".join(inlines) + f"{{{{> p{count - 1}}}}}"


@pytest.mark.parametrize(("calls", "count"), [(2, 40), (1, 101)])
def test_partials_that_multiply_are_refused(calls: int, count: int) -> None:
    with pytest.raises(
        TemplateSyntaxError, match="partials make more than 10000 calls, or are nested more than 100"
    ):
        engine.compile(chain(calls, count))


def test_partials_that_call_partials_render() -> None:
    assert engine.compile(chain(2, 10)).render({"a": 1}) == "x" * 2**9
    assert engine.compile(chain(1, 40)).render({"a": 1}) == "x"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{{#items}}x{{/items}}", "{{#each items}}"),
        ("{{^vip}}x{{/vip}}", "{{#unless vip}}"),
        ("{{First Name}}", "{{FirstName}}"),
        ("{{upper 'a'}}", "compute the value"),
    ],
)
def test_undocumented_tag_is_a_doubt_with_a_hint(source: str, says: str) -> None:
    (doubt,) = engine.compile(f"a\n {source}").doubts
    assert (doubt.line, doubt.column) == (2, 2)
    assert says in doubt.hint


@pytest.mark.parametrize(
    ("source", "is_proven"),
    [
        ("{{#if a}}", True),
        ("{{#if a}}{{/each}}", True),
        ("{{a", True),
        ("{{!-- a", True),
        ("a{{/if}}", True),
        ("{{a b", True),
        ("{{a..b}}", False),
        ("{{#eq a b}}{{/eq}}", False),
        ("{{#if a}}{{else}}{{else}}{{/if}}", False),
        ("{{#if a}}" * 101 + "{{/if}}" * 101, False),
    ],
)
def test_only_braces_and_blocks_that_do_not_close_are_proven_errors(source: str, is_proven: bool) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        engine.compile(source)
    assert isinstance(caught.value, UnknownSyntax) is not is_proven


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{#lines}}{{sku}}{{../name}} {{/lines}}", "aAnn bAnn "),
        ("{{#order}}{{id}}{{#to}}{{city}}{{/to}}{{/order}}", "7Oslo"),
        ("{{#yes}}{{name}}{{/yes}}{{#no}}a{{else}}b{{/no}}{{#zero}}c{{/zero}}", "Annb"),
        ("{{#none}}a{{else}}b{{/none}}{{^none}}c{{/none}}{{^yes}}d{{else}}e{{/yes}}", "bce"),
        ("{{#order as |o|}}{{o.id}}{{/order}}{{#order.to}}{{city}}{{/order.to}}", "7Oslo"),
        ("a\n{{#lines}}\n{{sku}}\n{{/lines}}\nb", "a\na\nb\nb"),
        ("{{#nums}}{{.}},{{/nums}}{{name x}}", "1,2,Ann"),
    ],
)
def test_section_renders_as_in_handlebars(source: str, text: str) -> None:
    assert render(source) == text


def test_section_renders_rows_of_other_types_with_one_template() -> None:
    compiled = engine.compile("{{#x}}{{a}}{{/x}}")
    rows: tuple[object, ...] = ([{"a": 1}, {"a": 2}], {"a": 3}, [], False, [{"a": 4}])
    assert [compiled.render({"x": row}) for row in rows] == ["12", "3", "", "", "4"]


def test_section_that_is_a_list_and_a_value_in_one_row_is_not_rendered() -> None:
    compiled = engine.compile("{{#each l}}{{#x}}{{this}}{{/x}}{{/each}}")
    with pytest.raises(RenderingUnknown):
        compiled.render({"l": [{"x": [1]}, {"x": "a"}]})


def test_placeholders_of_ses_print_themselves_at_any_depth() -> None:
    source = "{{ses:openTracker}}{{#each l}}{{ amazonSESUnsubscribeUrl }}{{/each}}"
    compiled = engine.compile(source)
    assert compiled.missing({"l": [1]}) == []
    assert compiled.variables == ("l",)
    assert compiled.render({"l": [1]}) == "{{ses:openTracker}}{{amazonSESUnsubscribeUrl}}"
    assert compiled.render({"l": [[1]]}) == compiled.render({"l": [1]})


@pytest.mark.parametrize(
    ("source", "data", "missing"),
    [
        ("{{a}}{{b}}{{a}}", {"b": 1}, ["a"]),
        ("{{a}}{{b}}", {}, ["a", "b"]),
        ("{{a}}", {"a": None}, []),
        ("{{a.b.c}}", {"a": {"b": {}}}, ["a.b.c"]),
        ("{{a.b}}", {"a": [1]}, ["a.b"]),
        ("{{a.b}}", {"a": "text"}, ["a.b"]),
        ("{{a.[1]}}", {"a": [1]}, ["a.1"]),
        ("{{#each l}}{{x}}{{y}}{{/each}}", {"l": [{"x": 1}, {"y": 2}]}, ["l[].y", "l[].x"]),
        ("{{#each l}}{{x}}{{else}}{{none}}{{/each}}", {"l": []}, ["none"]),
        ("{{#each l}}x{{/each}}", {}, ["l"]),
        ("{{#each l}}{{../t}}{{@root.u}}{{/each}}", {"l": [1]}, ["t", "u"]),
        ("{{#each l as |x i|}}{{x.a}}{{i}}{{/each}}", {"l": [{}]}, ["l[].a"]),
        ("{{#with o}}{{x}}{{/with}}", {"o": {"y": 1}}, ["o.x"]),
        ("{{#with o}}x{{/with}}", {}, ["o"]),
        ("{{#if v}}{{w}}{{else}}{{z}}{{/if}}", {"v": True}, ["w"]),
        ("{{#if v}}{{w}}{{else}}{{z}}{{/if}}", {}, ["z"]),
        ("{{#unless v}}{{w}}{{/unless}}", {}, ["w"]),
        ('{{lookup m "k"}}', {"m": {}}, ["m.k"]),
        ("{{lookup m k}}", {"m": {}, "k": "q"}, ["m.q"]),
        ("{{lookup m k}}", {"m": {}}, ["k"]),
        ('{{#*inline "p"}}{{x}}{{h}}{{/inline}}{{> p o h=z}}', {"o": {}}, ["z", "o.x"]),
        ("name", {}, []),
    ],
)
def test_missing(source: str, data: dict[str, object], missing: list[str]) -> None:
    compiled = engine.compile(source)
    assert compiled.missing(data) == missing
    if missing:
        with pytest.raises(MissingVariable) as caught:
            compiled.render(data)
        assert caught.value.name in missing
    else:
        compiled.render(data)


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        ("{{b}}{{a}}{{b}}", ("b", "a")),
        ("{{#if vip}}{{x}}{{else}}{{y}}{{/if}}", ("vip", "x", "y")),
        ("{{#each lines}}{{sku}}{{../n}}{{@index}}{{/each}}", ("lines[].sku", "n")),
        ("{{#each lines}}x{{/each}}", ("lines",)),
        ("{{#with order}}{{to.city}}{{/with}}", ("order.to.city",)),
        (
            "{{#each a as |x i|}}{{#each x.b as |y|}}{{y.c}}{{x.d}}{{i}}{{/each}}{{/each}}",
            ("a[].b[].c", "a[].d"),
        ),
        ('{{#*inline "p"}}{{x}}{{/inline}}{{> p o}}{{#each l}}{{> p}}{{/each}}', ("o.x", "l[].x")),
        ('{{lookup a "k"}}{{lookup b c}}', ("a.k", "b", "c")),
        ("{{this}}{{@root.r}}", ("r",)),
        (r"\{{x}}{{!-- {{y}} --}}{{{{raw}}}}{{z}}{{{{/raw}}}}", ()),
    ],
)
def test_variables(source: str, variables: tuple[str, ...]) -> None:
    assert engine.compile(source).variables == variables


def test_without_strict_what_is_absent_prints_nothing() -> None:
    compiled = engine.compile("a{{b}}{{c.d}}{{#each e}}x{{/each}}f")
    assert compiled.render({}, strict=False) == "af"


@pytest.mark.parametrize("value", [float("nan"), b"x", object(), {1: 2}, "\ud800", float("inf")])
def test_data_that_is_not_json_is_refused(value: object) -> None:
    with pytest.raises(TemplateDataError):
        engine.compile("{{v}}").render({"v": value})


@pytest.mark.parametrize(
    ("source", "data"),
    [
        ("{{#if v.w}}x{{/if}}", {"v": [1]}),
        ("{{#unless v.length}}x{{/unless}}", {"v": [1]}),
        ("{{v.length}}", {"v": "text"}),
        ("{{#each v}}{{#if length}}x{{/if}}{{/each}}", {"v": [[1]]}),
        ("{{#if @root.v.length}}x{{/if}}", {"v": [1]}),
    ],
)
def test_key_of_a_list_is_refused_in_words_of_sescli(source: str, data: dict[str, object]) -> None:
    with pytest.raises(RenderingUnknown, match=r"^sescli cannot render 'v.*it is not known what SES does$"):
        engine.compile(source).render(data)


def test_partials_of_one_template_do_not_reach_another() -> None:
    engine.compile('{{#*inline "p"}}x{{/inline}}{{> p}}').render({})
    with pytest.raises(TemplateSyntaxError):
        engine.compile("{{> p}}")
