/** Controls, and the characters that turn the direction of text. */
const DANGEROUS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from elsewhere, such as a name taken from a URL, fit for a terminal: nothing in it can move
 * the cursor, change colours or show its letters in another order.
 */
export function printable(text: string): string {
  return text.replace(DANGEROUS, '\ufffd');
}

/** The text cut to so many characters, with an ellipsis in its middle, where names differ least. */
export function shortened(text: string, maxCharacters: number): string {
  const characters = Array.from(text);
  if (characters.length <= maxCharacters) return text;
  const head = Math.ceil((maxCharacters - 1) / 2);
  const tail = Math.max(0, maxCharacters - 1 - head);
  return [...characters.slice(0, head), '…', ...characters.slice(characters.length - tail)].join(
    '',
  );
}
