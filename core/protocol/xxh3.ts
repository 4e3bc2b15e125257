/**
 * XXH3, the 64-bit form with seed 0, of its published specification: Kafka keeps such hashes in the records of groups (KIP-1101). In BigInts, which
 * is slow: for what is hashed seldom.
 */

/** The secret that the specification gives, whose bytes the input is mixed with. */
const SECRET = bytesOf(
  [
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f',
    'cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c',
    '3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8',
    'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364',
    'eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e',
    '2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
  ].join(''),
);

const MASK = 0xffff_ffff_ffff_ffffn;
const PRIME32_1 = 0x9e37_79b1n;
const PRIME32_2 = 0x85eb_ca77n;
const PRIME32_3 = 0xc2b2_ae3dn;
const PRIME64_1 = 0x9e37_79b1_85eb_ca87n;
const PRIME64_2 = 0xc2b2_ae3d_27d4_eb4fn;
const PRIME64_3 = 0x1656_67b1_9e37_79f9n;
const PRIME64_4 = 0x85eb_ca77_c2b2_ae63n;
const PRIME64_5 = 0x27d4_eb2f_1656_67c5n;
const PRIME_MX1 = 0x1656_6791_9e37_79f9n;
const PRIME_MX2 = 0x9fb2_1c65_1e98_df25n;

/** Of long inputs: bytes that are taken up at once, in lanes of eight. */
const STRIPE_BYTES = 64;
const LANE_BYTES = 8;
/** By so much the secret moves on from one stripe to the next. */
const SECRET_STEP_BYTES = 8;
const SMALLEST_SECRET_BYTES = 136;
const STRIPES_IN_A_BLOCK = (SECRET.length - STRIPE_BYTES) / SECRET_STEP_BYTES;

/** The hash of some bytes, as a signed number of 64 bits. */
export function xxh3(bytes: Uint8Array): bigint {
  const { length } = bytes;
  const input = viewOf(bytes);
  const hash =
    length <= 16
      ? hashOfFew(bytes, input)
      : length <= 128
        ? hashOfSome(input, length)
        : length <= 240
          ? hashOfMore(input, length)
          : hashOfMany(input, length);
  return BigInt.asIntN(64, hash);
}

const secret = viewOf(SECRET);

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

function bytesOf(hexadecimal: string): Uint8Array {
  return Uint8Array.from({ length: hexadecimal.length / 2 }, (_, at) =>
    Number.parseInt(hexadecimal.slice(2 * at, 2 * at + 2), 16),
  );
}

const long = (of: DataView, at: number): bigint => of.getBigUint64(at, true);
const int = (of: DataView, at: number): bigint => BigInt(of.getUint32(at, true));
const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const rotated = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;
const swapped = (value: bigint): bigint => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, value, true);
  return bytes.getBigUint64(0);
};

/** The product of 128 bits, its halves folded into one another. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

function avalanche(value: bigint): bigint {
  const mixed = times(value ^ (value >> 37n), PRIME_MX1);
  return mixed ^ (mixed >> 32n);
}

/** As the older XXH64 ends. */
function olderAvalanche(value: bigint): bigint {
  const first = times(value ^ (value >> 33n), PRIME64_2);
  const second = times(first ^ (first >> 29n), PRIME64_3);
  return second ^ (second >> 32n);
}

/** Up to 16 bytes. */
function hashOfFew(bytes: Uint8Array, input: DataView): bigint {
  const { length } = bytes;
  if (length === 0) return olderAvalanche(long(secret, 56) ^ long(secret, 64));
  if (length <= 3) {
    const [first, middle, last] = [bytes[0] as number, bytes[length >> 1] as number, bytes[length - 1] as number];
    const combined = (BigInt(first) << 16n) | (BigInt(middle) << 24n) | BigInt(last) | (BigInt(length) << 8n);
    return olderAvalanche(combined ^ (int(secret, 0) ^ int(secret, 4)));
  }
  if (length <= 8) {
    const combined = int(input, length - 4) + (int(input, 0) << 32n);
    const keyed = combined ^ long(secret, 8) ^ long(secret, 16);
    const turned = keyed ^ rotated(keyed, 49n) ^ rotated(keyed, 24n);
    const once = times(turned, PRIME_MX2);
    const twice = times(once ^ ((once >> 35n) + BigInt(length)), PRIME_MX2);
    return twice ^ (twice >> 28n);
  }
  const low = long(input, 0) ^ long(secret, 24) ^ long(secret, 32);
  const high = long(input, length - 8) ^ long(secret, 40) ^ long(secret, 48);
  return avalanche((BigInt(length) + swapped(low) + high + folded(low, high)) & MASK);
}

/** 16 bytes of the input with 16 of the secret. */
function mixed(input: DataView, at: number, secretAt: number): bigint {
  return folded(long(input, at) ^ long(secret, secretAt), long(input, at + 8) ^ long(secret, secretAt + 8));
}

/** 17 to 128 bytes, from both ends. */
function hashOfSome(input: DataView, length: number): bigint {
  let sum = times(BigInt(length), PRIME64_1);
  for (let pair = (length - 1) >> 5; pair >= 0; pair--) {
    sum += mixed(input, 16 * pair, 32 * pair);
    sum += mixed(input, length - 16 * (pair + 1), 32 * pair + 16);
  }
  return avalanche(sum & MASK);
}

/** 129 to 240 bytes. */
function hashOfMore(input: DataView, length: number): bigint {
  let sum = times(BigInt(length), PRIME64_1);
  for (let part = 0; part < 8; part++) sum += mixed(input, 16 * part, 16 * part);
  sum = avalanche(sum & MASK);
  for (let part = 8; part < length >> 4; part++) sum += mixed(input, 16 * part, 16 * (part - 8) + 3);
  sum += mixed(input, length - 16, SMALLEST_SECRET_BYTES - 17);
  return avalanche(sum & MASK);
}

/** More than 240 bytes: stripes, which eight sums take up, lane by lane. */
function hashOfMany(input: DataView, length: number): bigint {
  const sums = [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
  const stripes = Math.floor((length - 1) / STRIPE_BYTES);
  for (let stripe = 0; stripe < stripes; stripe++) {
    const inBlock = stripe % STRIPES_IN_A_BLOCK;
    takeUp(sums, input, stripe * STRIPE_BYTES, inBlock * SECRET_STEP_BYTES);
    if (inBlock === STRIPES_IN_A_BLOCK - 1) scramble(sums);
  }
  takeUp(sums, input, length - STRIPE_BYTES, SECRET.length - STRIPE_BYTES - 7);
  let hash = times(BigInt(length), PRIME64_1);
  for (let lane = 0; lane < sums.length; lane += 2) {
    const [one, other] = [sums[lane] as bigint, sums[lane + 1] as bigint];
    const at = 11 + LANE_BYTES * lane;
    hash += folded(one ^ long(secret, at), other ^ long(secret, at + 8));
  }
  return avalanche(hash & MASK);
}

function takeUp(sums: bigint[], input: DataView, at: number, secretAt: number): void {
  const given = sums.map((_, lane) => long(input, at + LANE_BYTES * lane));
  for (const [lane, value] of given.entries()) {
    const keyed = value ^ long(secret, secretAt + LANE_BYTES * lane);
    const product = (keyed & 0xffff_ffffn) * (keyed >> 32n);
    sums[lane] = ((sums[lane] as bigint) + product + (given[lane ^ 1] as bigint)) & MASK;
  }
}

function scramble(sums: bigint[]): void {
  for (const [lane, sum] of sums.entries()) {
    const keyed = sum ^ (sum >> 47n) ^ long(secret, SECRET.length - STRIPE_BYTES + LANE_BYTES * lane);
    sums[lane] = times(keyed, PRIME32_1);
  }
}
