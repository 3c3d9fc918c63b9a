/**
 * Selections as they stand behind the `#`: `transform.x`, `transform.x.col`, `transform.x."odd.name"`.
 * In a page that has a catalog these are its nodes, and the lineage is at `lineage/transform.x.col`.
 */

const PLAIN = /^[\p{L}_][\p{L}\p{N}_]*$/u;
const LINEAGE = /^#?lineage(?:\/|$)/;

let shared = false;

/** From now on addresses of the lineage are told from those of the catalog. */
export function shareWithCatalog() {
  shared = true;
}

export const isOfLineage = (hash) => LINEAGE.test(hash);

/** @param {{node: string, column: string|null}|null} selection */
export function format(selection) {
  const place = formatInCatalog(selection);
  if (!shared) return place;
  return place ? `lineage/${place}` : 'lineage';
}

export function formatInCatalog(selection) {
  if (!selection) return '';
  const { node, column } = selection;
  return encodeURI(column === null ? node : `${node}.${quoted(column)}`).replaceAll('#', '%23');
}

/** The selection that a hash names, or null when it names no node of the page. */
export function parse(hash, lineage) {
  const text = placeIn(hash);
  if (!text) return null;
  if (lineage.byId.has(text)) return { node: text, column: null };
  const node = prefixes(text).find((prefix) => lineage.byId.has(prefix));
  if (!node) return null;
  const column = unquoted(text.slice(node.length + 1));
  return { node, column: lineage.columnsOf(node).includes(column) ? column : null };
}

/** What a hash says, where that names no node, or a column that its node does not have; else ''. */
export function unknownIn(hash, lineage) {
  const text = placeIn(hash);
  const found = parse(hash, lineage);
  const whole = found && (found.column !== null || found.node === text);
  return whole ? '' : text;
}

const placeIn = (hash) => decoded(hash.replace(LINEAGE, '').replace(/^#/, ''));

export const quoted = (name) => (PLAIN.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

const unquoted = (text) => (/^".*"$/su.test(text) ? text.slice(1, -1).replaceAll('""', '"') : text);

/** What stands before each dot, the longest first. */
function prefixes(text) {
  const found = [];
  for (let dot = text.lastIndexOf('.'); dot > 0; dot = text.lastIndexOf('.', dot - 1)) {
    found.push(text.slice(0, dot));
  }
  return found;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
