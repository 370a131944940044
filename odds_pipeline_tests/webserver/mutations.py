"""What the served schema lets a caller change, as questions that would be answered.

Belongs here: making them from introspection, so that a mutation of a newer Dagster is attacked as
soon as it is there. Does not belong here: attacks.
"""

import json

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLSchema,
    build_client_schema,
    get_named_type,
    is_leaf_type,
    parse,
    validate,
)

_SCALARS = {"Boolean": "true", "Int": "1", "Float": "1.0", "String": '"x"', "ID": '"x"'}


def mutations(introspected: dict[str, object]) -> dict[str, str]:
    """Each mutation by its name, with what it must be given, so that nothing but a guard stops it.

    Args:
        introspected: the answer to ``graphql.get_introspection_query()``.
    """
    schema = build_client_schema(introspected)  # type: ignore[arg-type]
    kind = schema.mutation_type
    assert kind is not None
    asked = {name: _question(schema, name) for name in kind.fields}
    for question in asked.values():
        assert not validate(schema, parse(question)), question
    return asked


def body(question: str) -> bytes:
    """The question as the UI posts it."""
    return json.dumps({"query": question}).encode()


def _question(schema: GraphQLSchema, name: str) -> str:
    kind = schema.mutation_type
    assert kind is not None
    field = kind.fields[name]
    needed = [
        f"{key}: {_value(one.type)}"
        for key, one in field.args.items()
        if isinstance(one.type, GraphQLNonNull)
    ]
    given = f"({', '.join(needed)})" if needed else ""
    selected = "" if is_leaf_type(get_named_type(field.type)) else " { __typename }"
    return f"mutation {{ {name}{given}{selected} }}"


def _value(kind: GraphQLInputType) -> str:
    if isinstance(kind, GraphQLNonNull):
        return _value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return f"[{_value(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {
            key: one.type
            for key, one in kind.fields.items()
            if isinstance(one.type, GraphQLNonNull)
        }
        return "{" + ", ".join(f"{key}: {_value(one)}" for key, one in needed.items()) + "}"
    return _SCALARS.get(str(kind), "{}")
