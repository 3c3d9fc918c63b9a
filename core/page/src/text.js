/** Text cut to a width, since SVG does not do it. */

export const FONT =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

const canvas = document.createElement('canvas').getContext('2d');
const widths = new Map();

/** `text` with an ellipsis in the middle when it is wider than `width` pixels in `font`. */
export function cut(text, width, font) {
  const key = `${font}\n${width}\n${text}`;
  if (!widths.has(key)) widths.set(key, shortened(text, width, font));
  return widths.get(key);
}

const LONGEST = 120;

/** A name that is no longer than can be read in a list. */
export const brief = (name) => (name.length > LONGEST ? joined([...name], LONGEST - 1) : name);

export const fits = (text, width, font) => cut(text, width, font) === text;

function shortened(text, width, font) {
  canvas.font = font;
  const letters = [...text.slice(0, 400)];
  if (letters.length === text.length && canvas.measureText(text).width <= width) return text;
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (canvas.measureText(joined(letters, middle)).width <= width) low = middle;
    else high = middle - 1;
  }
  return joined(letters, low);
}

/** The last letters often tell names apart, so a third of what is kept is the end. */
function joined(letters, kept) {
  const end = Math.floor(kept / 3);
  return `${letters.slice(0, kept - end).join('')}…${end ? letters.slice(-end).join('') : ''}`;
}
