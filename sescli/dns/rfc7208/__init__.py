"""SPF by RFC 7208: the grammar, macros, and the evaluation of a record for a sending address."""
