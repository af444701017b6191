/** Longest name of a file, in bytes of UTF-8, on every file system in common use. */
const MAX_NAME_BYTES = 255;

/** An ending longer than this is not a file type, and need not survive shortening. */
const MAX_EXTENSION_BYTES = 16;

const NAME_WITHOUT_PATH = 'index.html';

/**
 * Separators of any platform, controls, characters that turn the direction of text (a name that
 * shows as `exe.txt` and is not), and the wildcards that no local name may have.
 */
const UNSAFE = /[/\\*?\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

const UNSAFE_ON_WINDOWS = /[<>:"|]/g;
const DEVICE_ON_WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** Names with this ending are taken for partial files, so no target may have one. */
const RESERVED_ENDING = /\.haulyard-part$/i;

/**
 * The name to save a URL under: its last path segment, percent-decoded, made harmless.
 *
 * The result is one plain name of at most 255 bytes: it never leads out of a directory.
 *
 * @param url - absolute
 */
export function nameFromUrl(url: string, platform: string = process.platform): string {
  const segment = new URL(url).pathname.split('/').at(-1) ?? '';
  return safeName(percentDecoded(segment), platform);
}

function safeName(text: string, platform: string): string {
  let name = text.replace(UNSAFE, '_').trim();
  if (platform === 'win32') {
    // Windows drops dots and blanks at the end, and so would write another name than it was told.
    name = name.replace(UNSAFE_ON_WINDOWS, '_').replace(/[. ]+$/, '');
    if (DEVICE_ON_WINDOWS.test(name)) name = `_${name}`;
  }
  if (name === '') return NAME_WITHOUT_PATH;
  if (name === '.' || name === '..') return name.replaceAll('.', '_');
  if (RESERVED_ENDING.test(name)) name = `${name}_`;
  return fitted(name);
}

function percentDecoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // The bytes are no UTF-8. The name as it stands in the URL is ugly, and right.
    return segment;
  }
}

/** The name cut to 255 bytes between two characters, with its ending kept. */
function fitted(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const dotAt = name.lastIndexOf('.');
  const ending = dotAt > 0 ? name.slice(dotAt) : '';
  const extension = Buffer.byteLength(ending) <= MAX_EXTENSION_BYTES ? ending : '';
  const stemBytes = MAX_NAME_BYTES - Buffer.byteLength(extension);
  let stem = '';
  let bytes = 0;
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += Buffer.byteLength(character);
    if (bytes > stemBytes) break;
    stem += character;
  }
  return stem + extension;
}
