// A small deterministic generator (SplitMix64).
export class Random {
  constructor(seed) {
    this.state = BigInt(seed);
  }

  next() {
    this.state = BigInt.asUintN(64, this.state + 0x9e3779b97f4a7c15n);
    let z = this.state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  // A whole number below `bound`.
  below(bound) {
    return Number(this.next() % BigInt(bound));
  }

  chance(oneIn) {
    return this.below(oneIn) === 0;
  }

  pick(items) {
    return items[this.below(items.length)];
  }

  // Of `bits` bits, with small and extreme numbers over-represented.
  integer(bits) {
    const max = (1n << BigInt(bits)) - 1n;
    switch (this.below(4)) {
      case 0: return BigInt(this.below(10));
      case 1: return max - BigInt(this.below(10));
      default: return ((this.next() << 64n) | this.next()) & max;
    }
  }

  bytes(length) {
    return Uint8Array.from({ length }, () => this.below(256));
  }

  hex(length) {
    return Buffer.from(this.bytes(length)).toString('hex');
  }

  text(alphabet, length) {
    return Array.from({ length }, () => this.pick(alphabet)).join('');
  }
}
