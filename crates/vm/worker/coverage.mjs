// Adds up what was covered. The VM hands out whole lcov records at every turn, thousands of times in a long test.

/** By file: functions' lines, and the counts of functions, lines and branches. */
let files = new Map();

function file(path) {
  let found = files.get(path);
  if (found === undefined) {
    found = { FN: new Map(), FNDA: new Map(), DA: new Map(), BRDA: new Map() };
    files.set(path, found);
  }
  return found;
}

const add = (counts, key, count) => counts.set(key, (counts.get(key) ?? 0) + Number(count));

/** Takes in lcov records as the VM writes them. */
export function addRecords(lcov) {
  let current;
  for (const line of lcov.split("\n")) {
    const colon = line.indexOf(":");
    const rest = line.slice(colon + 1);
    const comma = rest.lastIndexOf(",");
    switch (line.slice(0, Math.max(colon, 0))) {
      case "SF":
        current = file(rest);
        break;
      case "FN": {
        const first = rest.indexOf(",");
        current.FN.set(rest.slice(first + 1), rest.slice(0, first));
        break;
      }
      case "FNDA": {
        const first = rest.indexOf(",");
        add(current.FNDA, rest.slice(first + 1), rest.slice(0, first));
        break;
      }
      case "DA":
      case "BRDA":
        add(current[line.slice(0, colon)], rest.slice(0, comma), rest.slice(comma + 1));
        break;
    }
  }
}

/** All that was taken in since the last time, one record a file. */
export function takeRecords() {
  const lines = [];
  const hit = (counts) => [...counts.values()].filter((count) => count > 0).length;
  for (const [path, { FN, FNDA, DA, BRDA }] of files) {
    lines.push("TN:", `SF:${path}`);
    for (const [name, line] of FN) lines.push(`FN:${line},${name}`);
    for (const [name, count] of FNDA) lines.push(`FNDA:${count},${name}`);
    lines.push(`FNF:${FN.size}`, `FNH:${hit(FNDA)}`);
    for (const [line, count] of DA) lines.push(`DA:${line},${count}`);
    lines.push(`BRF:${BRDA.size}`, `BRH:${hit(BRDA)}`);
    for (const [branch, count] of BRDA) lines.push(`BRDA:${branch},${count}`);
    lines.push("end_of_record", "");
  }
  files = new Map();
  return lines.join("\n").replaceAll("\n\n", "\n");
}
