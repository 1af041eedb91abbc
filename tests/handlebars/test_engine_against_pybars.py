"""The engine beside pybars3, an independent Handlebars: both must print the same for what both know."""

from __future__ import annotations

import pybars
from hypothesis import given, settings
from hypothesis import strategies as st
from property_examples import examples

from sescli.handlebars import engine

# pybars3 escapes HTML, so it is asked for `{{{x}}}`; it has no inline partials and no strictness, and takes
# the line break before a lone closing tag, which handlebars.js leaves: no line breaks here.
TEXT = st.text(alphabet="ab <&>\"'.é}", max_size=6)
NAMES = st.sampled_from(["a", "b", "c"])
VALUES = st.one_of(TEXT, st.integers(-5, 5))
ITEM = st.fixed_dictionaries({"a": VALUES, "b": VALUES, "c": VALUES})
DATA = st.fixed_dictionaries(
    {
        "a": VALUES,
        "b": VALUES,
        "c": VALUES,
        "list": st.lists(ITEM, max_size=3),
        "words": st.lists(TEXT.filter(bool), max_size=3),
        "order": ITEM,
        "flag": st.booleans(),
    }
)


def outputs(prefix: str = "") -> st.SearchStrategy[str]:
    return NAMES.map(lambda name: f"{{{{{prefix}{name}}}}}")


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Blocks whose bodies hold `inner`, at the root of the data."""
    item = st.one_of(outputs(), outputs("../"), st.just("{{@index}}"), TEXT)
    words = st.one_of(st.just("{{this}}"), st.just("{{#if @last}}.{{else}},{{/if}}"), outputs("../"))
    return st.one_of(
        st.lists(item, max_size=3).map(
            lambda parts: "{{#each list}}" + "".join(parts) + "{{else}}-{{/each}}"
        ),
        st.lists(words, max_size=3).map(lambda parts: "{{#each words}}" + "".join(parts) + "{{/each}}"),
        # In pybars3 `../` does not lead out of `with`; in handlebars.js it does.
        st.lists(st.one_of(outputs(), TEXT), max_size=3).map(
            lambda parts: "{{#with order}}" + "".join(parts) + "{{/with}}"
        ),
        st.tuples(st.sampled_from(["flag", "a", "words"]), inner, inner).map(
            lambda t: f"{{{{#if {t[0]}}}}}{t[1]}{{{{else}}}}{t[2]}{{{{/if}}}}"
        ),
        # pybars3 leaves out the {{else}} of `unless`.
        inner.map(lambda body: f"{{{{#unless flag}}}}{body}{{{{/unless}}}}"),
    )


TEMPLATES = st.lists(
    st.recursive(
        st.one_of(
            outputs(), outputs("order."), TEXT, st.just("{{! note }}"), st.just('{{lookup order "a"}}')
        ),
        blocks,
        max_leaves=6,
    ),
    max_size=5,
).map("".join)


def by_pybars(source: str, data: object) -> str:
    unescaped = source
    for name in ("a", "b", "c", "this", "@index"):
        for prefix in ("", "../", "order."):
            unescaped = unescaped.replace(f"{{{{{prefix}{name}}}}}", f"{{{{{{{prefix}{name}}}}}}}")
    unescaped = unescaped.replace('{{lookup order "a"}}', "{{{order.a}}}")
    return str(pybars.Compiler().compile(unescaped)(data))


@settings(max_examples=examples(80), deadline=None)
@given(TEMPLATES, DATA)
def test_both_print_the_same(source: str, data: dict[str, object]) -> None:
    compiled = engine.compile(source)
    assert compiled.missing(data) == []
    assert compiled.render(data) == by_pybars(source, data)


@settings(max_examples=examples(100), deadline=None)
@given(TEMPLATES, DATA, st.sets(st.sampled_from(["a", "b", "list", "order", "words"]), min_size=1))
def test_what_is_missing_is_exactly_what_strict_rendering_refuses(
    source: str, data: dict[str, object], removed: set[str]
) -> None:
    compiled = engine.compile(source)
    row = {name: value for name, value in data.items() if name not in removed}
    missing = compiled.missing(row)
    assert {name.split(".")[0].split("[")[0] for name in missing} <= removed
    assert set(missing) <= {*compiled.variables, *(v.split(".")[0].split("[")[0] for v in compiled.variables)}
    if missing:
        try:
            compiled.render(row)
        except engine.MissingVariable as error:
            assert error.name in missing  # noqa: PT017 - what was raised is compared with what was foretold
        else:
            raise AssertionError(source)
    else:
        compiled.render(row)


@settings(max_examples=examples(300), deadline=None)
@given(st.text(alphabet="{}ab #/^>!~\"'\\[]().@|=-\n&*", max_size=30))
def test_any_text_compiles_or_is_refused_with_a_place(source: str) -> None:
    try:
        compiled = engine.compile(source)
    except engine.TemplateSyntaxError as error:
        assert 1 <= error.line <= source.count("\n") + 1  # noqa: PT017
        assert error.column >= 1  # noqa: PT017
    else:
        assert isinstance(compiled.missing({}), list)
