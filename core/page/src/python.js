/** Python text in pieces, named as those of SQL are. */

const WORDS =
  'and|as|assert|async|await|break|case|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|match|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False';

const PIECES = new RegExp(
  [
    /(?<comment>#[^\n]*)/,
    /(?<string>(?:\b[rbfuRBFU]{1,2})?(?:"""[\s\S]*?(?:"""|$)|'''[\s\S]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))/,
    new RegExp(`(?<keyword>\\b(?:${WORDS})\\b)`),
    /(?<special>@[\w.]+)/,
    /(?<number>\b\d[\w.]*)/,
    /(?<function>\b[A-Za-z_]\w*(?=\())/,
    /(?<default>[A-Za-z_]\w*)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** @returns {{name: string, content: string}[]} */
export function pythonSegments(text) {
  const found = [];
  let end = 0;
  for (const { 0: content, index, groups } of text.matchAll(PIECES)) {
    if (index > end) found.push({ name: 'default', content: text.slice(end, index) });
    const [name] = Object.entries(groups).find(([, piece]) => piece !== undefined);
    found.push({ name, content });
    end = index + content.length;
  }
  return [...found, { name: 'default', content: text.slice(end) }];
}
