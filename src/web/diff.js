// What is different between two texts, line by line. Pure.

/** @typedef {{kind: "same" | "old" | "new", text: string}} Line */

// Beyond so many cells nobody reads the difference; all of the old text goes then, and all of the new one comes.
const most = 4e6;

/** The middle of two texts, where they differ: the longest common sequence of lines stays.
 * @param {string[]} before @param {string[]} after @returns {Line[]} */
function middle(before, after) {
  const rows = before.length, columns = after.length, width = columns + 1;
  const old = (/** @type {string} */ text) => /** @type {Line} */ ({ kind: "old", text });
  const fresh = (/** @type {string} */ text) => /** @type {Line} */ ({ kind: "new", text });
  if (rows * columns > most) return [...before.map(old), ...after.map(fresh)];
  const longest = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; --row)
    for (let column = columns - 1; column >= 0; --column)
      longest[row * width + column] = before[row] === after[column] ? longest[(row + 1) * width + column + 1] + 1
        : Math.max(longest[(row + 1) * width + column], longest[row * width + column + 1]);
  /** @type {Line[]} */
  const lines = [];
  let row = 0, column = 0;
  while (row < rows && column < columns) {
    if (before[row] === after[column]) { lines.push({ kind: "same", text: before[row] }); ++row; ++column; }
    else if (longest[(row + 1) * width + column] >= longest[row * width + column + 1]) lines.push(old(before[row++]));
    else lines.push(fresh(after[column++]));
  }
  return [...lines, ...before.slice(row).map(old), ...after.slice(column).map(fresh)];
}

/** @param {string} before @param {string} after @returns {Line[]} */
export function difference(before, after) {
  const a = before === "" ? [] : before.split("\n"), b = after === "" ? [] : after.split("\n");
  let head = 0, tail = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) ++head;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) ++tail;
  const same = (/** @type {string} */ text) => /** @type {Line} */ ({ kind: "same", text });
  return [...a.slice(0, head).map(same), ...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)), ...a.slice(a.length - tail).map(same)];
}

/** What has changed with a few lines around it; null stands for what is left out.
 * @param {Line[]} lines @param {number} [around] @returns {(Line | null)[]} */
export function nearby(lines, around = 3) {
  const near = lines.map((_, at) => lines.slice(Math.max(0, at - around), at + around + 1).some(each => each.kind !== "same"));
  /** @type {(Line | null)[]} */
  const shown = [];
  lines.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (shown.length > 0 && shown[shown.length - 1] !== null) shown.push(null);
  });
  while (shown.length > 0 && shown[shown.length - 1] === null) shown.pop();
  return shown;
}
