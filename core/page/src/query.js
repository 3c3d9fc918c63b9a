/** SQL and Python text with its words coloured. */

import { getSegments } from 'sql-highlight';
import { h } from './dom.js';
import { pythonSegments } from './python.js';

const LONGEST = 200_000;

/**
 * A block of code with a button that copies it.
 *
 * @param addressOf gives where a text that the code quotes leads to, or null: the name of a node is a link
 */
export function codeBlock(text, language, addressOf = () => null) {
  const copy = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': 'Copy the code',
      onclick: () => copied(copy, text),
    },
    'Copy',
  );
  const code = h(
    'code',
    { tabindex: 0, 'aria-label': language === 'python' ? 'Python' : 'SQL' },
    coloured(text, language, addressOf),
  );
  return h('div', { class: 'code' }, h('pre', null, code), navigator.clipboard ? copy : null);
}

function coloured(text, language, addressOf) {
  if (text.length > LONGEST) return text;
  return segments(text, language).map(({ name, content }) => {
    if (name === 'default' || name === 'whitespace') return content;
    const href = name === 'string' ? addressOf(content.slice(1, -1)) : null;
    return h(href ? 'a' : 'span', { class: `sql-${name}`, href }, content);
  });
}

/** A node in Python may hold the query that it returned instead of its own text. */
function segments(text, language) {
  const isPython =
    language === 'python' && !/^\s*(select|with|from|create|insert)\b(?!.*\bimport\b)/i.test(text);
  return (isPython ? pythonSegments : getSegments)(text);
}

async function copied(button, text) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Not allowed';
  }
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}
