# Is this OpenMetrics 1.0 text? Says nothing and ends with 0, or says what is wrong in which line. As strict as the
# specification's grammar for gauges and counters, and with its rules that a grammar cannot tell: the order of the lines of a
# family, families and samples once each, a unit that ends the name, "_total" behind counters, "# EOF" and nothing after it.
function fail(text) { print "line " NR ": " text ": " $0; failed = 1; exit 1 }
function begin(name) {
	if (name in families) fail("the family was told before")
	families[name] = 1; family = name; type = "unknown"; samples = 0; split("", told)
}
function metadata(  word, rest) {
	if (!match($0, /^# (TYPE|HELP|UNIT) [a-zA-Z_:][a-zA-Z0-9_:]* /)) fail("no metadata")
	word = $2
	rest = substr($0, RLENGTH + 1)
	if ($3 != family) begin($3)
	if (samples) fail("metadata after samples")
	if (word in told) fail("said twice")
	told[word] = 1
	if (word == "TYPE") {
		if (rest !~ /^(counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)$/) fail("no type")
		type = rest
	}
	if (word == "UNIT" && rest != "" && substr(family, length(family) - length(rest)) != "_" rest) fail("the name does not end with the unit")
	if (word == "HELP" && rest ~ /(^|[^\\])(\\\\)*\\([^\\n"]|$)/) fail("a wrong escape")
}
function sample(  name, labels, value) {
	if (!match($0, /^[a-zA-Z_:][a-zA-Z0-9_:]*/)) fail("no name")
	name = substr($0, 1, RLENGTH)
	if (name != family (type == "counter" ? "_total" : "")) fail("not of the family " family)
	labels = substr($0, RLENGTH + 1)
	if (!match(labels, /^(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*"(,[a-zA-Z_][a-zA-Z0-9_]*="([^"\\]|\\.)*")*)?\})? /)) fail("wrong labels")
	value = substr(labels, RLENGTH + 1)
	labels = substr(labels, 1, RLENGTH)
	if ((name labels) in seen) fail("the same sample twice")
	seen[name labels] = 1
	if (value !~ /^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?( [0-9]+(\.[0-9]+)?)?$/) fail("no number")
	if (type == "counter" && value ~ /^-/) fail("a negative counter")
	samples++
}
ended { fail("something after the end") }
/\r/ || /^$/ { fail("not a line") }
/^# EOF$/ { ended = 1; next }
/^#/ { metadata(); next }
{ sample() }
END { if (!failed && !ended) { print "no # EOF"; exit 1 } }
