# The states of goroutines as CSV, from what `go tool trace -d=parsed` prints: what people write
# who have no program at hand. It has no stacks.

/ StateTransition / {
	id = reason = step = time = ""
	for (i = 1; i <= NF; i++) {
		if ($i ~ /^Time=/) time = substr($i, 6)
		else if ($i ~ /^GoID=/) id = substr($i, 6)
		else if ($i ~ /^Reason=/) reason = substr($i, 8)
		else if ($i ~ /->/) step = $i
	}
	if (id == "" || step == "") next
	split(step, states, "->")
	if (states[1] == states[2]) next
	if (id in since) print id "," states[1] "," since[id] "," time "," because[id]
	since[id] = time
	because[id] = reason
}
