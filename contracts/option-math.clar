;; option-math: Black-Scholes prices of European puts and calls at zero interest, and the functions they are made of.
;; Pure: no state, no calls; it may learn no price, time or volatility by itself.
;; Fixed point at scale 1e18 inside (the rational function of the normal tail at 1e15), at 1e12 outside. Inputs are
;; bounded so that every product stays below 2^127. crates/protocol/src/math is the same in Rust, bit for bit.

;; --- CONSTANTS ---

;; 1 at scale 1e18, and at 1e15.
(define-constant ONE 1000000000000000000)
(define-constant E15 1000000000000000)
;; ln 2 and ln 1e6 at scale 1e18; 1/sqrt 2 at scale 1e18.
(define-constant LN_2 693147180559945309)
(define-constant HALF_LN_2 346573590279972654)
(define-constant LN_1E6 13815510557964274104)
(define-constant INVERSE_SQRT_2 u707106781186547524)
;; 1e36 / 31,536,000: one second as a part of a year, at scale 1e36.
(define-constant SECOND_IN_YEARS u31709791983764586504312531709)
;; From here on N(-x) is 0 at scale 1e18; the same at scale 1e12.
(define-constant TAIL_LIMIT 9000000000000000000)
(define-constant TAIL_LIMIT_E12 9000000000000)

;; Bounds of the inputs: 1e9 USD with 8 decimals, 1,000 % a year in ppm, ten years of 365 days.
(define-constant MAX_PRICE u100000000000000000)
(define-constant MAX_VOLATILITY u10000000)
(define-constant MAX_TERM u315360000)
;; exp of more than this (scale 1e12) is refused, of less than the other is 0.
(define-constant MAX_EXPONENT 40000000000000)
(define-constant MIN_EXPONENT -28000000000000)

;; --- ERRORS ---

;; ln of 0.
(define-constant ERR_LN_OF_ZERO (err u1040001))
;; exp of more than 40.
(define-constant ERR_EXPONENT_TOO_LARGE (err u1040002))
;; Spot 0, or an input above its bound.
(define-constant ERR_INPUT_OUT_OF_RANGE (err u1040003))

;; --- PRIVATE ---

;; ln of m >= 1/sqrt 2 (scale 1e18, any uint), at scale 1e18. With m = z * 2^k and z in [1/sqrt 2, sqrt 2):
;; ln m = k ln 2 + 2 atanh t, t = (z - 1) / (z + 1), |t| < 0.1716; the first term left out is 2 t^21 / 21 < 8e-18.
(define-private (ln-normalised (m uint))
  (let (
      (k (log2 (/ m INVERSE_SQRT_2)))
      (z (to-int (bit-shift-right m k)))
      (t (/ (* (- z ONE) ONE) (+ z ONE)))
      (w (/ (* t t) ONE))
      (high (+ 111111111111111111 (/ (* w
        (+ 90909090909090909 (/ (* w
        (+ 76923076923076923 (/ (* w
        (+ 66666666666666666 (/ (* w
        (+ 58823529411764705 (/ (* w 52631578947368421) ONE))) ONE))) ONE))) ONE))) ONE)))
      (series (+ ONE (/ (* w
        (+ 333333333333333333 (/ (* w
        (+ 200000000000000000 (/ (* w
        (+ 142857142857142857 (/ (* w high) ONE))) ONE))) ONE))) ONE)))
    )
    (+ (* (to-int k) LN_2) (/ (* 2 t series) ONE))))

;; ln (a / b) at scale 1e18 of positive a, b <= 1e17: the larger over the smaller keeps 18 digits (a quotient <= 1e35).
(define-private (ln-ratio (a uint) (b uint))
  (if (>= a b)
    (ln-normalised (/ (* a u1000000000000000000) b))
    (- (ln-normalised (/ (* b u1000000000000000000) a)))))

;; e^r at scale 1e18 for |r| <= ln 2 / 2 (scale 1e18): Taylor to degree 13, the first term left out < 5e-18.
(define-private (exp-reduced (r int))
  (let ((high
      (+ ONE (/ (* r
      (+ ONE (/ (* r
      (+ ONE (/ (* r
      (+ ONE (/ (* r
      (+ ONE (/ (* r
      (+ ONE (/ (* r
      (+ ONE (/ r 13))) 12000000000000000000))) 11000000000000000000))) 10000000000000000000))) 9000000000000000000)))
      8000000000000000000))) 7000000000000000000))))
    (+ ONE (/ (* r
    (+ ONE (/ (* r
    (+ ONE (/ (* r
    (+ ONE (/ (* r
    (+ ONE (/ (* r
    (+ ONE (/ (* r high) 6000000000000000000))) 5000000000000000000))) 4000000000000000000)))
    3000000000000000000))) 2000000000000000000))) ONE))))

;; e^-x at scale 1e18 for x >= 0 (scale 1e18, at most 41): x = k ln 2 - r.
(define-private (exp-of-negative (x int))
  (let ((k (/ (+ x HALF_LN_2) LN_2)))
    (bit-shift-right (exp-reduced (- (* k LN_2) x)) (to-uint k))))

;; N(-x) for x >= 0, both at scale 1e18, in [0, 1/2]: Hart's rational approximation 5666 (Computer Approximations, 1968;
;; in the form of G. West, "Better approximations to cumulative normal functions", 2005), good to about 1e-15.
;; The denominator stays below 3.2e6 at scale 1e15, times y <= 9e15; the numerator times e^(-x^2/2) below 4e35.
(define-private (normal-tail (x int))
  (if (>= x TAIL_LIMIT)
    0
    (let (
        (y (/ x 1000))
        (numerator (+ 220206867912376100 (/ (* y
          (+ 221213596169931100 (/ (* y
          (+ 112079291497870900 (/ (* y
          (+ 33912866078383000 (/ (* y
          (+ 6373962203531650 (/ (* y
          (+ 700383064443688 (/ (* y 35262496599891) E15)))
          E15))) E15))) E15))) E15))) E15)))
        (upper (+ 86780732202946080 (/ (* y
          (+ 16064177579206950 (/ (* y
          (+ 1755667163182642 (/ (* y 88388347648318) E15))) E15))) E15)))
        (denominator (+ 440413735824752200 (/ (* y
          (+ 793826512519948400 (/ (* y
          (+ 637333633378831100 (/ (* y
          (+ 296564248779673700 (/ (* y upper) E15)))
          E15))) E15))) E15)))
      )
      (/ (* numerator (exp-of-negative (/ (* x x) 2000000000000000000))) denominator))))

;; N(x), both at scale 1e18.
(define-private (normal (x int))
  (if (< x 0) (normal-tail (- x)) (- ONE (normal-tail x))))

;; Square root of a term in years, at scale 1e18.
(define-private (sqrt-years (seconds uint))
  (sqrti (* seconds SECOND_IN_YEARS)))

;; Price at scale 1e12 of the right to give b and take a (prices with 8 decimals, in range, not both 0): at zero interest
;; the put for a = strike, b = spot, the call for a = spot, b = strike. a N(d) - b N(d - v) with v = volatility * root and
;; d = ln (a / b) / v + v / 2, where |ln| < 39.2 times 1e18 stays below 4e37. At most a, since N is in [0, 1]; at least
;; a - b, below which the last digits of N could put it.
(define-private (exchange-price (a uint) (b uint) (volatility uint) (root uint))
  (let (
      (v (to-int (/ (* root volatility) u1000000)))
      (least (if (> a b) (* (- a b) u10000) u0))
    )
    (if (or (is-eq v 0) (is-eq a u0) (is-eq b u0))
      least
      (let (
          (d (+ (/ (* (ln-ratio a b) ONE) v) (/ v 2)))
          (value (/ (- (* (to-int a) (normal d)) (* (to-int b) (normal (- d v)))) 100000000000000))
        )
        (if (< value (to-int least)) least (to-uint value))))))

(define-private (is-market-in-range (spot uint) (seconds uint))
  (and (> spot u0) (<= spot MAX_PRICE) (<= seconds MAX_TERM)))

(define-private (is-in-range (strike uint) (volatility uint))
  (and (<= strike MAX_PRICE) (<= volatility MAX_VOLATILITY)))

;; For `mark-series`, of one entry: whether it may be priced, and its price.
(define-private (is-entry-in-range (entry {strike: uint, volatility: uint}))
  (is-in-range (get strike entry) (get volatility entry)))

(define-private (mark-entry (entry {strike: uint, volatility: uint}) (spot uint) (root uint))
  (exchange-price (get strike entry) spot (get volatility entry) root))

;; The same number 64 times: what `map` takes for an argument that does not change.
(define-private (repeated (x uint))
  (list x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x
    x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x))

;; --- READ-ONLY ---

;; Natural logarithm of `x`, both at scale 1e12, rounded towards zero. Anyone. Errors: ERR_LN_OF_ZERO.
(define-read-only (ln (x uint))
  (begin
    (asserts! (> x u0) ERR_LN_OF_ZERO)
    (ok (/
      (if (< x u1000000000000000000)
        (- LN_1E6 (ln-normalised (/ u1000000000000000000000000000000000000 x)))
        (+ LN_1E6 (ln-normalised x)))
      1000000))))

;; e^x, both at scale 1e12, rounded down; 0 below -28. Anyone. Errors: ERR_EXPONENT_TOO_LARGE above 40.
(define-read-only (exp (x int))
  (begin
    (asserts! (<= x MAX_EXPONENT) ERR_EXPONENT_TOO_LARGE)
    (ok (if (< x MIN_EXPONENT)
      u0
      (if (< x 0)
        (to-uint (/ (exp-of-negative (* x -1000000)) 1000000))
        (let ((k (/ (+ (* x 1000000) HALF_LN_2) LN_2)))
          (/ (* (to-uint (exp-reduced (- (* x 1000000) (* k LN_2)))) (pow u2 (to-uint k))) u1000000)))))))

;; Standard normal distribution function of `x`, both at scale 1e12, rounded to the nearest; N(x) + N(-x) is 1 exactly.
;; Anyone. Never fails.
(define-read-only (normal-cdf (x int))
  (if (> x TAIL_LIMIT_E12)
    u1000000000000
    (if (< x (- TAIL_LIMIT_E12))
      u0
      (let ((tail (to-uint (/ (+ (normal-tail (* (if (< x 0) (- x) x) 1000000)) 500000) 1000000))))
        (if (< x 0) tail (- u1000000000000 tail))))))

;; European put in USD with 12 decimals. `spot`, `strike`: USD with 8 decimals; `volatility`: ppm a year; `seconds`: time
;; to expiry. The intrinsic value if volatility or time is 0. Anyone. Errors: ERR_INPUT_OUT_OF_RANGE.
(define-read-only (put-price (spot uint) (strike uint) (volatility uint) (seconds uint))
  (begin
    (asserts! (and (is-market-in-range spot seconds) (is-in-range strike volatility)) ERR_INPUT_OUT_OF_RANGE)
    (ok (exchange-price strike spot volatility (sqrt-years seconds)))))

;; European call: as `put-price`.
(define-read-only (call-price (spot uint) (strike uint) (volatility uint) (seconds uint))
  (begin
    (asserts! (and (is-market-in-range spot seconds) (is-in-range strike volatility)) ERR_INPUT_OUT_OF_RANGE)
    (ok (exchange-price spot strike volatility (sqrt-years seconds)))))

;; `put-price` of each entry at one spot and one time to expiry, in order. Anyone. Errors: ERR_INPUT_OUT_OF_RANGE if any
;; input is out of range.
(define-read-only (mark-series (spot uint) (seconds uint) (entries (list 64 {strike: uint, volatility: uint})))
  (begin
    (asserts! (and (is-market-in-range spot seconds) (is-eq (len (filter is-entry-in-range entries)) (len entries)))
      ERR_INPUT_OUT_OF_RANGE)
    (ok (map mark-entry entries (repeated spot) (repeated (sqrt-years seconds))))))
