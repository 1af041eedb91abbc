"""SES templates: the Handlebars engine, and template files."""
