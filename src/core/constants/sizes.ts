/**
 * The all-ones 64-bit sentinel as a number.
 *
 * Byte counts are `number` here, and 0xFFFFFFFFFFFFFFFF is not representable: the literal
 * `18446744073709551615` rounds to 2^64, which is this value. It lies far above
 * `Number.MAX_SAFE_INTEGER`, so no real byte count equals it.
 */
const ALL_ONES_64: number = 2 ** 64;

/** A range that runs to the end of the file: the `length` of an open-ended range (api.md 6). */
export const BG_LENGTH_TO_EOF: number = ALL_ONES_64;

/** Total size of a job while some file's size is not known yet (api.md 5, 6). */
export const BG_SIZE_UNKNOWN: number = ALL_ONES_64;

/** A range that runs to the end of the file, in the download family (api.md 6). */
export const DO_LENGTH_TO_EOF: number = ALL_ONES_64;

/** Size of a file that is not known yet (api.md 5, 6). */
export const DO_UNKNOWN_FILE_SIZE: number = ALL_ONES_64;
