/** Light or dark: as the system has it, until the reader chooses; on paper always light. */

const KEY = 'seeknal-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');

/** @param changed called when the colours are others than before */
export function setUpTheme(changed) {
  const apply = () => {
    const wanted = chosen() ?? (dark.matches ? 'dark' : 'light');
    document.documentElement.dataset.theme = paper.matches ? 'light' : wanted;
    changed();
  };
  dark.addEventListener('change', apply);
  paper.addEventListener('change', apply);
  apply();
  return () => {
    remember(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
    apply();
  };
}

let own = null;

/** Browsers may refuse to keep anything for a file; then the choice holds until the page is left. */
function chosen() {
  try {
    return own ?? localStorage.getItem(KEY);
  } catch {
    return own;
  }
}

function remember(theme) {
  own = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice is in `own`.
  }
}
