/**
 * One value as one word of a POSIX shell, whatever it contains. NUL cannot be passed to a program at all.
 * @throws RangeError for a value that holds NUL.
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('A shell word cannot hold a NUL character.');
  return `'${value.replaceAll("'", "'\\''")}'`;
}
