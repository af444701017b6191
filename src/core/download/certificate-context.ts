/** The property id under which a serialized certificate context holds the certificate itself. */
const CERTIFICATE = 32;

/** Each element: id, encoding and length, 32 bits each, then so many bytes. */
const ELEMENT_HEAD_BYTES = 12;

/** The first byte of a DER certificate: SEQUENCE. */
const DER_SEQUENCE = 0x30;

/**
 * Whether the bytes are a serialized certificate context, the form in which SecurityContext takes a
 * client certificate: elements one after another, the last of which is the certificate in DER.
 */
export function isCertificateContext(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;
  while (position + ELEMENT_HEAD_BYTES <= bytes.length) {
    const id = view.getUint32(position, true);
    const length = view.getUint32(position + 8, true);
    const start = position + ELEMENT_HEAD_BYTES;
    if (length > bytes.length - start) return false;
    if (id === CERTIFICATE) {
      return length > 0 && bytes[start] === DER_SEQUENCE && start + length === bytes.length;
    }
    position = start + length;
  }
  return false;
}
