/** Bounds of key files, with their reasons. What exceeds one is refused with its values. */

/** Bytes of a file with a secret: a keystore has 1 kB. Not more is read, whatever the path leads to. */
export const SECRET_FILE_MAX_BYTES = 65_536;

/** Bytes of memory that scrypt may take: four times what EIP-2335's own numbers take (n = 2^18, r = 8). */
export const SCRYPT_MAX_BYTES = 2 ** 30;

/** Scrypt's work n × r × p: eight times that of EIP-2335's own numbers, some ten seconds. */
export const SCRYPT_MAX_WORK = 2 ** 24;

/** Rounds of PBKDF2: forty times EIP-2335's 262,144, some ten seconds. */
export const PBKDF2_MAX_ROUNDS = 10_000_000;
