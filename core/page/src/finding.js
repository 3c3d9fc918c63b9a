/** What is found by a typed text: nodes and columns, the closest first. */

export const MOST = 40;

const [EXACT, PREFIX, NAME, ADDRESS] = [0, 1, 2, 3];
const COLUMN = 4;
const DESCRIBED = 8;
const RANKS = 10;

/**
 * Everything that can be found, the shorter names first and all texts in lower case once and for
 * all: nothing is left to sort while somebody types.
 *
 * @returns {{node, name, column: string|null, description, selection}[]}
 */
export function entriesOf({ nodes }) {
  const entries = nodes.flatMap((node, place) => [
    {
      ...entry(node, null, node.name, [node.description, node.business_purpose], marks(node)),
      place,
    },
    ...node.columns.map(({ name, description, pii }) =>
      entry(node, name, name, [description], pii ? ['pii'] : []),
    ),
  ]);
  return entries.sort((a, b) => a.name.length - b.name.length);
}

function entry(node, column, name, said, others = []) {
  const description = said.filter(Boolean).join('\n');
  const address = column === null ? node.id : `${node.id}.${column}`;
  return {
    node,
    name,
    column,
    description,
    selection: { node: node.id, column },
    lowName: name.toLowerCase(),
    lowAddress: address.toLowerCase(),
    lowOwn: [name, description, ...others].join('\n').toLowerCase(),
    low: [address, description, ...others].join('\n').toLowerCase(),
  };
}

const marks = ({ layer, domain, owner, tags }) => [layer, domain, owner, ...tags].filter(Boolean);

/**
 * Every typed word must be found. Names that begin with the text come first, then names that hold
 * it, columns, and what is described so; shorter names before longer ones.
 *
 * @returns {{found: object[], total: number}} the first of what was found, and how many there are
 */
export function find(entries, typed) {
  const text = typed.trim().toLowerCase();
  if (!text) {
    const nodes = entries.filter((one) => one.column === null).sort((a, b) => a.place - b.place);
    return { found: nodes.slice(0, MOST), total: nodes.length };
  }
  const words = text.split(/\s+/);
  const ranked = Array.from({ length: RANKS }, () => []);
  for (const one of entries) {
    if (matches(one, words)) ranked[rank(one, text, words)].push(one);
  }
  const total = ranked.reduce((sum, { length }) => sum + length, 0);
  const found = [];
  for (const alike of ranked) found.push(...alike.slice(0, MOST - found.length));
  return { found, total };
}

/** A column is not found by the name of its node alone: all columns of a node would be. */
const matches = ({ column, low, lowOwn }, words) =>
  words.every((word) => low.includes(word)) &&
  (column === null || words.some((word) => lowOwn.includes(word)));

function rank({ column, lowName, lowAddress }, text, words) {
  const closeness = [
    lowName === text,
    lowName.startsWith(text),
    lowName.includes(text),
    words.every((word) => lowAddress.includes(word)),
  ].indexOf(true);
  if (column === null) return [EXACT, PREFIX, NAME, ADDRESS][closeness] ?? DESCRIBED;
  return closeness < 0 ? DESCRIBED + 1 : COLUMN + closeness;
}

/** `text` in pieces, `hit` telling those that a word was found in. */
export function pieces(text, typed) {
  const low = text.toLowerCase();
  const words = wordsOf(typed);
  if (!words.length || low.length !== text.length) return [{ text, hit: false }];
  const hits = words.flatMap((word) => placesOf(low, word)).sort(([a], [b]) => a - b);
  const found = [];
  let end = 0;
  for (const [from, to] of hits) {
    if (to <= end) continue;
    const begin = Math.max(from, end);
    if (begin > end) found.push({ text: text.slice(end, begin), hit: false });
    found.push({ text: text.slice(begin, to), hit: true });
    end = to;
  }
  if (end < text.length) found.push({ text: text.slice(end), hit: false });
  return found;
}

const wordsOf = (typed) => typed.toLowerCase().split(/\s+/).filter(Boolean);

function placesOf(text, word) {
  const found = [];
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length))
    found.push([at, at + word.length]);
  return found;
}

/** The part of a description that a word was found in when its name does not hold all of them, else null. */
export function excerpt({ column, description, lowName, lowAddress }, typed, width = 90) {
  const words = wordsOf(typed);
  const shown = column === null ? lowAddress : lowName;
  if (words.every((word) => shown.includes(word))) return null;
  const low = description.toLowerCase();
  const places = words.map((word) => low.indexOf(word)).filter((at) => at >= 0);
  if (!places.length) return null;
  const from = Math.max(0, Math.min(...places) - width / 3);
  const begin = from === 0 ? 0 : description.indexOf(' ', from) + 1 || from;
  const text = description.slice(begin, begin + width).replaceAll('\n', ' ');
  const more = begin + width < description.length;
  return `${begin > 0 ? '… ' : ''}${text}${more ? ' …' : ''}`;
}
