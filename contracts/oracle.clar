;; oracle (14): USD prices of one bitcoin and one STX, their averages, and the volatility of bitcoin. The weighted median
;; of fresh reports is accepted inside a bound around the last price or when most agree. It holds no assets; an accepted
;; price and a recorded boundary never change. Prices USD with 8 decimals, times seconds, ratios and volatilities (a
;; year) ppm, variances (a year) at 1e12.

;; --- TRAITS ---
(use-trait price-source .price-source-trait.price-source-trait)

;; --- CONSTANTS ---
(define-constant PPM u1000000)
(define-constant SCALE u1000000000000)
(define-constant ONE 1000000000000000000)
(define-constant LN_2 693147180559945309)
(define-constant MAX_PRICE u100000000000000000)
(define-constant MAX_WEIGHT u1000000)
(define-constant HOUR u3600)
(define-constant DAY u86400)
(define-constant BOUNDARY_OFFSET u28800)
(define-constant SLOT u300)
(define-constant BTC_WINDOW u1800)
(define-constant STX_WINDOW u14400)
(define-constant MIN_OBSERVATIONS u3)
(define-constant MIN_AGREEING u2)
(define-constant DECAY_SHORT u970000000000)
(define-constant DECAY_LONG u990000000000)
;; Only the lengths count. 30 minutes touch at most 7 slots, 4 hours at most 50.
(define-constant STEPS_9 0x000000000000000000)
(define-constant STEPS_50 0x0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000)
;; How a boundary price came about.
(define-constant METHOD_TWAP u1)
(define-constant METHOD_FIRST_IN_WINDOW u2)
(define-constant METHOD_FIRST_LATER u3)
(define-constant METHOD_GOVERNANCE u4)
;; Verdicts on a report; from the third on, kinds of anomalies.
(define-constant ACCEPTED u0)
(define-constant FEW_CONFIRMATIONS u1)
(define-constant NO_CONSENSUS u2)
(define-constant BEYOND_BOUND u3)
(define-constant OUTLIER u4)
(define-constant OVERRIDE u5)
(define-constant SILENCE u6)

;; --- ERRORS ---
(define-constant ERR_INVALID_PRICE (err u1440001))
(define-constant ERR_FUTURE_REPORT (err u1440002))
(define-constant ERR_NOT_NEWER (err u1440003))
(define-constant ERR_INVALID_BOUNDS (err u1440004))
(define-constant ERR_INVALID_WINDOW (err u1440005))
(define-constant ERR_INVALID_WEIGHT (err u1440006))
(define-constant ERR_NOT_A_BOUNDARY (err u1440007))
(define-constant ERR_INVALID_VOLATILITY (err u1440008))
(define-constant ERR_NOT_REPORTER (err u1440301))
(define-constant ERR_REPORTER_INACTIVE (err u1440302))
(define-constant ERR_NOT_GUARDIAN (err u1440303))
(define-constant ERR_NOT_DISPUTER (err u1440304))
(define-constant ERR_UNKNOWN_REPORTER (err u1440401))
(define-constant ERR_NO_LATER_PRICE (err u1440402))
(define-constant ERR_NO_PRICE_THEN (err u1440403))
(define-constant ERR_REPORTER_EXISTS (err u1440901))
(define-constant ERR_NOT_SEEDED (err u1440902))
(define-constant ERR_ALREADY_SEEDED (err u1440903))
(define-constant ERR_BOUNDARY_RECORDED (err u1440904))
(define-constant ERR_WINDOW_OPEN (err u1440905))
(define-constant ERR_ALREADY_DISPUTED (err u1440906))
(define-constant ERR_SOURCE_BUSY (err u1440907))
(define-constant ERR_NO_PRICE (err u1440908))
(define-constant ERR_TOO_MANY_REPORTERS (err u1442301))
(define-constant ERR_STALE_PRICE (err u1450401))
(define-constant ERR_STALE_REPORT (err u1450402))

;; --- DATA VARS ---
(define-data-var bounds
  {max-age: uint, report-max-age: uint, min-weight: uint, outlier-bound: uint, deviation-base: uint,
    deviation-per-hour: uint, deviation-cap: uint, override-share: uint, agree-bound: uint,
    boundary-window: uint, silence-limit: uint, vol-floor: uint, vol-cap: uint}
  {max-age: u900, report-max-age: u900, min-weight: u2, outlier-bound: u50000, deviation-base: u100000,
    deviation-per-hour: u50000, deviation-cap: u500000, override-share: u666666, agree-bound: u10000,
    boundary-window: u21600, silence-limit: u3600, vol-floor: u200000, vol-cap: u2500000})
;; Prices in force since `at`, price-seconds until then, running number, slot before (0: none), move since the sample.
(define-data-var latest
  {btc: uint, stx: uint, at: uint, cum-btc: uint, cum-stx: uint, index: uint, prev: uint, move: uint}
  {btc: u0, stx: u0, at: u0, cum-btc: u0, cum-stx: u0, index: u0, prev: u0, move: u0})
(define-data-var started-at uint u0)
;; Both averages of the variance, the last sampled price and its boundary (0: none yet).
(define-data-var volatility {short: uint, long: uint, price: uint, sample-at: uint}
  {short: u0, long: u0, price: u0, sample-at: u0})
(define-data-var reporter-list (list 10 principal) (list))
(define-data-var source-busy bool false)
(define-data-var anomaly-count uint u0)

;; --- MAPS ---
;; `btc`, `stx`, `at`: the last report.
(define-map reporters principal {weight: uint, active: bool, suspended: bool, btc: uint, stx: uint, at: uint,
  updates: uint, outliers: uint, disputes: uint})
;; The last observation in each slot (time / 300).
(define-map slots uint
  {btc: uint, stx: uint, at: uint, cum-btc: uint, cum-stx: uint, index: uint, prev: uint, move: uint})
;; `short`, `long`: unclamped; `opening`: the first price accepted at or after the boundary.
(define-map boundaries uint {btc: uint, stx: uint, vol-ask: uint, vol-low: uint, short: uint, long: uint, method: uint,
  recorded-at: uint, opening: (optional {btc: uint, stx: uint, at: uint})})
(define-map anomalies uint {kind: uint, at: uint, value: uint, reporter: (optional principal)})
(define-map disputes {reporter: principal, observed-at: uint, by: principal} {reason: (buff 32), at: uint})

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 1024))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

(define-private (is-guardian) (contract-call? .governance has-role contract-caller "guardian"))
(define-private (max (a uint) (b uint)) (if (> a b) a b))
(define-private (min (a uint) (b uint)) (if (< a b) a b))
(define-private (is-in (low uint) (value uint) (high uint)) (and (>= value low) (<= value high)))
(define-private (distance (a uint) (b uint)) (if (> a b) (- a b) (- b a)))
(define-private (is-price (price uint)) (and (> price u0) (< price MAX_PRICE)))
(define-private (is-near (price uint) (base uint) (bound uint)) (<= (* (distance price base) PPM) (* bound base)))
(define-private (deviation (price uint) (base uint)) (if (is-eq base u0) u0 (/ (* (distance price base) PPM) base)))
(define-private (slot-start (time uint)) (* (/ time SLOT) SLOT))
(define-private (is-past-boundary (at uint)) (and (is-eq (mod at DAY) BOUNDARY_OFFSET) (<= at stacks-block-time)))

(define-private (log-anomaly (kind uint) (value uint) (reporter (optional principal)))
  (let ((id (+ (var-get anomaly-count) u1))
      (entry {kind: kind, at: stacks-block-time, value: value, reporter: reporter}))
    (var-set anomaly-count id)
    (print (merge entry {event: "anomaly-logged", id: id}))
    (map-set anomalies id entry)))

(define-private (step-back (i (buff 1)) (acc {time: uint, entry:
    {btc: uint, stx: uint, at: uint, cum-btc: uint, cum-stx: uint, index: uint, prev: uint, move: uint}}))
  (let ((entry (get entry acc)))
    (if (or (< (get at entry) (get time acc)) (is-eq (get prev entry) u0))
      acc
      (merge acc {entry: (default-to entry (map-get? slots (get prev entry)))}))))

;; Price-seconds up to `time`, a slot's start, by the last observation before it; without one, up to the first.
(define-private (cumulative (time uint) (far bool))
  (let ((start {time: time, entry: (var-get latest)})
      (entry (get entry (if far (fold step-back STEPS_50 start) (fold step-back STEPS_9 start))))
      (at (get at entry)))
    (if (< at time)
      {at: time, index: (get index entry), btc: (+ (get cum-btc entry) (* (get btc entry) (- time at))),
        stx: (+ (get cum-stx entry) (* (get stx entry) (- time at)))}
      {at: (var-get started-at), index: u0, btc: u0, stx: u0})))

;; The averages from there to `end`, at or after the last observation.
(define-private (average (from {at: uint, index: uint, btc: uint, stx: uint}) (end uint))
  (let ((last (var-get latest))
      (tail (- end (get at last)))
      (span (- end (get at from))))
    (if (is-eq span u0)
      {btc: (get btc last), stx: (get stx last)}
      {btc: (/ (- (+ (get cum-btc last) (* (get btc last) tail)) (get btc from)) span),
        stx: (/ (- (+ (get cum-stx last) (* (get stx last) tail)) (get stx from)) span)})))

;; ln(a / b) at 1e12 for a >= b. With a / b = z 2^k, z in [1/sqrt 2, sqrt 2), ln z is 2 atanh t with t = (z - 1) / (z + 1),
;; |t| < 0.1716; the terms left out are below 1e-12. Not a call of option-math: each quote would read all of that for it.
(define-private (ln (a uint) (b uint))
  (let ((m (/ (* a (to-uint ONE)) b))
      (k (log2 (/ m u707106781186547524)))
      (z (to-int (bit-shift-right m k)))
      (t (/ (* (- z ONE) ONE) (+ z ONE)))
      (w (/ (* t t) ONE))
      (series (+ ONE (/ (* w (+ 333333333333333333 (/ (* w (+ 200000000000000000 (/ (* w (+ 142857142857142857
        (/ (* w (+ 111111111111111111 (/ (* w (+ 90909090909090909 (/ (* w 76923076923076923) ONE))) ONE))) ONE)))
        ONE))) ONE))) ONE))))
    (to-uint (/ (+ (* (to-int k) LN_2) (/ (* 2 t series) ONE)) 1000000))))

;; 365 ln(a / b)^2 at 1e12; the sign of the logarithm does not matter.
(define-private (annual-move (a uint) (b uint))
  (let ((return (ln (max a b) (min a b))))
    (/ (* return return u365) SCALE)))

(define-private (square-step (i (buff 1)) (acc {n: uint, base: uint, result: uint}))
  (let ((base (get base acc)))
    {n: (/ (get n acc) u2), base: (/ (* base base) SCALE),
      result: (if (is-eq (mod (get n acc) u2) u1) (/ (* (get result acc) base) SCALE) (get result acc))}))

;; d^n variance + (1 - d^n) move; beyond 511 days n is 511.
(define-private (blend (variance uint) (decay uint) (days uint) (move uint))
  (let ((keep (get result (fold square-step STEPS_9 {n: (min days u511), base: decay, result: SCALE}))))
    (/ (+ (* keep variance) (* (- SCALE keep) move)) SCALE)))

;; (1 - (1 - d) dt) variance + (1 - d) move, `elapsed` at most a day.
(define-private (running (variance uint) (decay uint) (elapsed uint) (move uint))
  (let ((gain (- SCALE decay)))
    (/ (+ (* (- SCALE (/ (* gain elapsed) DAY)) variance) (* gain move)) SCALE)))

(define-private (clamped (high uint) (low uint))
  (let ((limits (var-get bounds)) (floor (get vol-floor limits)) (cap (get vol-cap limits)))
    {high: (max floor (min cap (sqrti high))), low: (max floor (min cap (sqrti low)))}))

;; The volatility after a boundary's sample. The first has no return yet.
(define-private (sampled (boundary uint) (price uint))
  (let ((vol (var-get volatility)))
    (if (is-eq (get sample-at vol) u0)
      (merge vol {price: price, sample-at: boundary})
      (let ((days (/ (- boundary (get sample-at vol)) DAY))
          (move (/ (annual-move price (get price vol)) days)))
        {short: (blend (get short vol) DECAY_SHORT days move), long: (blend (get long vol) DECAY_LONG days move),
          price: price, sample-at: boundary}))))

(define-private (write-boundary (at uint) (btc uint) (stx uint) (short uint) (long uint) (method uint)
    (opening (optional {btc: uint, stx: uint, at: uint})))
  (let ((vols (clamped (max short long) (min short long)))
      (entry {btc: btc, stx: stx, vol-ask: (get high vols), vol-low: (get low vols), short: (sqrti short),
        long: (sqrti long), method: method, recorded-at: stacks-block-time}))
    (map-set boundaries at (merge entry {opening: opening}))
    (print (merge entry {event: "boundary-recorded", at: at, by: contract-caller}))
    true))

;; At the first price at or after a boundary: records it, unless governance has, and samples the return.
(define-private (open-day (at uint) (btc uint) (stx uint))
  (let ((now stacks-block-time)
      (opening (some {btc: btc, stx: stx, at: now}))
      (recorded (map-get? boundaries at))
      (from (cumulative (- at BTC_WINDOW) false))
      (live (>= (- (get index (var-get latest)) (get index from)) MIN_OBSERVATIONS))
      (price (if live (get btc (average from at)) btc))
      (vol (sampled at (default-to price (get btc recorded)))))
    (var-set volatility vol)
    (match recorded entry
      (map-set boundaries at (merge entry {opening: opening}))
      (write-boundary at price (if live (get stx (average (cumulative (- at STX_WINDOW) true) at)) stx)
        (get short vol) (get long vol)
        (if live METHOD_TWAP
          (if (<= now (+ at (get boundary-window (var-get bounds)))) METHOD_FIRST_IN_WINDOW METHOD_FIRST_LATER))
        opening))))

(define-private (seek-opening (i (buff 1)) (acc {at: uint, found: bool}))
  (let ((at (+ (get at acc) DAY)))
    (if (get found acc)
      acc
      {at: at, found: (match (map-get? boundaries at) entry (is-some (get opening entry)) false)})))

;; In `listed` a suspended reporter counts: no guardian can lower what an override takes.
(define-private (collect (who principal) (acc {cutoff: uint, fresh: uint, listed: uint,
    quotes: (list 10 {btc: uint, stx: uint, weight: uint})}))
  (match (map-get? reporters who) entry
    (let ((weight (if (get active entry) (get weight entry) u0))
        (listed {listed: (+ (get listed acc) weight)}))
      (if (or (not (get active entry)) (get suspended entry) (< (get at entry) (get cutoff acc)))
        (merge acc listed)
        (merge (merge acc listed) {
          fresh: (+ (get fresh acc) weight),
          quotes: (default-to (get quotes acc) (as-max-len? (append (get quotes acc)
            {btc: (get btc entry), stx: (get stx entry), weight: weight}) u10))}))) acc))

(define-private (btc-leg (quote {btc: uint, stx: uint, weight: uint}))
  {price: (get btc quote), weight: (get weight quote)})
(define-private (stx-leg (quote {btc: uint, stx: uint, weight: uint}))
  {price: (get stx quote), weight: (get weight quote)})

(define-private (weigh (leg {price: uint, weight: uint}) (acc {pivot: uint, sum: uint}))
  (if (> (get price leg) (get pivot acc)) acc (merge acc {sum: (+ (get sum acc) (get weight leg))})))

(define-private (try-pivot (leg {price: uint, weight: uint})
    (acc {legs: (list 10 {price: uint, weight: uint}), total: uint, low: uint, high: uint}))
  (let ((price (get price leg))
      (twice (* u2 (get sum (fold weigh (get legs acc) {pivot: price, sum: u0})))))
    (merge acc {low: (if (< twice (get total acc)) (get low acc) (min price (get low acc))),
      high: (if (> twice (get total acc)) (min price (get high acc)) (get high acc))})))

;; The middle of lower and upper weighted median, which differ when just half the weight lies below.
(define-private (median (legs (list 10 {price: uint, weight: uint})) (total uint))
  (let ((found (fold try-pivot legs {legs: legs, total: total, low: MAX_PRICE, high: MAX_PRICE})))
    (/ (+ (get low found) (get high found)) u2)))

(define-private (agrees (quote {btc: uint, stx: uint, weight: uint}) (btc uint) (stx uint) (bound uint))
  (and (is-near (get btc quote) btc bound) (is-near (get stx quote) stx bound)))

(define-private (tally (quote {btc: uint, stx: uint, weight: uint})
    (acc {btc: uint, stx: uint, bound: uint, weight: uint, count: uint}))
  (if (agrees quote (get btc acc) (get stx acc) (get bound acc))
    (merge acc {weight: (+ (get weight acc) (get weight quote)), count: (+ (get count acc) u1)})
    acc))

(define-private (deviation-bound (since uint))
  (let ((limits (var-get bounds)))
    (min (get deviation-cap limits) (+ (get deviation-base limits)
      (/ (* (get deviation-per-hour limits) (- stacks-block-time since)) HOUR)))))

(define-private (record-price (btc uint) (stx uint))
  (let ((last (var-get latest))
      (now stacks-block-time)
      (first (is-eq (get at last) u0))
      (elapsed (if first u0 (- now (get at last))))
      (boundary (- now (mod (- now BOUNDARY_OFFSET) DAY)))
      (new-day (and (> boundary (get sample-at (var-get volatility))) (open-day boundary btc stx)))
      (slot (/ (get at last) SLOT))
      (entry {btc: btc, stx: stx, at: now,
        cum-btc: (+ (get cum-btc last) (* (get btc last) elapsed)),
        cum-stx: (+ (get cum-stx last) (* (get stx last) elapsed)),
        ;; Prices of one second are one observation.
        index: (if (and (is-eq elapsed u0) (not first)) (get index last) (+ (get index last) u1)),
        prev: (if (is-eq slot (/ now SLOT)) (get prev last) slot),
        move: (annual-move btc (get price (var-get volatility)))}))
    (and first (var-set started-at now))
    (map-set slots (/ now SLOT) entry)
    (var-set latest entry)
    (print {event: "price-accepted", btc: btc, stx: stx, at: now})
    true))

(define-private (take-report (who principal) (btc uint) (stx uint) (observed-at uint))
  (let ((reporter (unwrap! (map-get? reporters who) ERR_NOT_REPORTER))
      (limits (var-get bounds))
      (now stacks-block-time)
      (min-weight (get min-weight limits))
      (reported (merge reporter {btc: btc, stx: stx, at: observed-at, updates: (+ (get updates reporter) u1)})))
    (asserts! (not (var-get source-busy)) ERR_SOURCE_BUSY)
    (asserts! (and (get active reporter) (not (get suspended reporter))) ERR_REPORTER_INACTIVE)
    (asserts! (and (is-price btc) (is-price stx)) ERR_INVALID_PRICE)
    (asserts! (<= observed-at now) ERR_FUTURE_REPORT)
    (asserts! (>= observed-at (- now (get report-max-age limits))) ERR_STALE_REPORT)
    (asserts! (> observed-at (get at reporter)) ERR_NOT_NEWER)
    (asserts! (> (get short (var-get volatility)) u0) ERR_NOT_SEEDED)
    (map-set reporters who reported)
    (let ((found (fold collect (var-get reporter-list)
          {cutoff: (- now (get report-max-age limits)), fresh: u0, listed: u0, quotes: (list)}))
        (quotes (get quotes found))
        (mid-btc (median (map btc-leg quotes) (get fresh found)))
        (mid-stx (median (map stx-leg quotes) (get fresh found)))
        (near {btc: mid-btc, stx: mid-stx, bound: (get outlier-bound limits), weight: u0, count: u0})
        (confirmed (get weight (fold tally quotes near)))
        (agreed (fold tally quotes (merge near {bound: (get agree-bound limits)})))
        (last (var-get latest))
        (bound (deviation-bound (get at last)))
        (inside (or (is-eq (get at last) u0)
          (and (is-near mid-btc (get btc last) bound) (is-near mid-stx (get stx last) bound))))
        (overridden (and (>= (get count agreed) MIN_AGREEING) (>= (get weight agreed) min-weight)
          (>= (* (get weight agreed) PPM) (* (get listed found) (get override-share limits)))))
        (verdict (if (< (get fresh found) min-weight) FEW_CONFIRMATIONS
          (if (< confirmed min-weight) NO_CONSENSUS (if (or inside overridden) ACCEPTED BEYOND_BOUND)))))
      (print {event: "report-taken", reporter: who, btc: btc, stx: stx, observed-at: observed-at, at: now, verdict: verdict,
        median-btc: mid-btc, median-stx: mid-stx})
      (if (is-eq verdict ACCEPTED)
        (begin
          (record-price mid-btc mid-stx)
          (and (not inside) (log-anomaly OVERRIDE mid-btc (some who))))
        (and (> verdict FEW_CONFIRMATIONS)
          (log-anomaly verdict mid-btc (some who))
          ;; No `try!`: a missing breaker must not stop prices.
          (is-ok (contract-call? .parameters report-level "oracle"
            (max (deviation mid-btc (get btc last)) (deviation mid-stx (get stx last)))))))
      ;; Only a consensus can tell who is far from it.
      (and (>= confirmed min-weight)
        (not (agrees {btc: btc, stx: stx, weight: u0} mid-btc mid-stx (get outlier-bound limits)))
        (map-set reporters who (merge reported {outliers: (+ (get outliers reporter) u1)}))
        (log-anomaly OUTLIER btc (some who)))
      (ok {accepted: (is-eq verdict ACCEPTED), verdict: verdict, btc: mid-btc, stx: mid-stx}))))

(define-private (is-listed (who principal)) (is-some (map-get? reporters who)))

(define-private (seek-slot (i (buff 1)) (slot uint))
  (if (or (is-eq slot u0) (is-some (map-get? slots slot))) slot (- slot u1)))

(define-private (change (new uint) (old uint)) (/ (* (- (to-int new) (to-int old)) 1000000) (to-int old)))

;; --- READ-ONLY ---
;; Latest prices, their time, the averages since 30 minutes ago (rounded down to 5 minutes) or the first price, and the
;; volatility to sell at (`vol-ask`) and to buy back at (`vol-bid`). Errors: no price, price older than `max-age`.
(define-read-only (get-pricing)
  (let ((spot (try! (get-price)))
      (vol (var-get volatility))
      (short (get short vol))
      (long (get long vol))
      (now stacks-block-time)
      (twap (average (cumulative (slot-start (- now BTC_WINDOW)) false) now))
      (elapsed (min DAY (- now (get sample-at vol))))
      (move (annual-move (get btc twap) (get price vol)))
      (most (max move (get move (var-get latest))))
      (vols (clamped
        (max (max short long) (max (running short DECAY_SHORT elapsed most) (running long DECAY_LONG elapsed most)))
        (min (min short long) (min (running short DECAY_SHORT elapsed move) (running long DECAY_LONG elapsed move))))))
    (ok (merge spot {btc-twap: (get btc twap), stx-twap: (get stx twap), vol-ask: (get high vols), vol-bid: (get low vols)}))))

;; The latest prices and their time. Errors: no price, price older than `max-age`.
(define-read-only (get-price)
  (let ((last (var-get latest)))
    (asserts! (> (get at last) u0) ERR_NO_PRICE)
    (asserts! (<= stacks-block-time (+ (get at last) (get max-age (var-get bounds)))) ERR_STALE_PRICE)
    (ok {btc: (get btc last), stx: (get stx last), at: (get at last)})))

;; Averages since `window` (300 to 14400) seconds ago, rounded down to 5 minutes, or the first price; the last price
;; counts until now, however old. Errors: window out of range, no price.
(define-read-only (get-twap (window uint))
  (begin
    (asserts! (and (>= window SLOT) (<= window STX_WINDOW)) ERR_INVALID_WINDOW)
    (asserts! (> (var-get started-at) u0) ERR_NO_PRICE)
    (ok (average (cumulative (slot-start (- stacks-block-time window)) true) stacks-block-time))))

;; When `get-price` refuses: the averages of the 30 minutes up to the last price, its age, whether stale. Error: no price.
(define-read-only (get-fallback-price)
  (let ((at (get at (var-get latest)))
      (age (- stacks-block-time at)))
    (asserts! (> at u0) ERR_NO_PRICE)
    (ok (merge (average (cumulative (slot-start (- at BTC_WINDOW)) false) at)
      {age: age, stale: (> age (get max-age (var-get bounds)))}))))

;; The last observation at or before `time`, or of an earlier slot when a later one followed in the same 5 minutes. None
;; before the first price and after a silence of four hours.
(define-read-only (get-price-at (time uint))
  (let ((last (var-get latest)))
    (if (>= time (get at last))
      (if (is-eq (get at last) u0) none (some last))
      (match (map-get? slots (fold seek-slot STEPS_50 (/ time SLOT))) entry
        (if (<= (get at entry) time) (some entry) (map-get? slots (get prev entry)))
        none))))

;; The same for the time of a Stacks block.
(define-read-only (get-price-at-height (height uint))
  (match (get-stacks-block-info? time height) time (get-price-at time) none))

;; Change of both prices since `seconds` ago in ppm, signed. Error: no price known for then.
(define-read-only (get-price-change (seconds uint))
  (let ((last (var-get latest))
      (then (unwrap! (get-price-at (- stacks-block-time (min seconds stacks-block-time))) ERR_NO_PRICE_THEN)))
    (ok {btc: (change (get btc last) (get btc then)), stx: (change (get stx last) (get stx then))})))

;; Prices at 08:00 UTC `at`, the volatilities to value by, how and when the prices were recorded.
(define-read-only (get-boundary (at uint))
  (match (map-get? boundaries at) entry
    (some {btc: (get btc entry), stx: (get stx entry), vol-ask: (get vol-ask entry), vol-low: (get vol-low entry),
      method: (get method entry), recorded-at: (get recorded-at entry)})
    none))

;; The record, with that day's unclamped volatilities and the first price after it.
(define-read-only (get-boundary-record (at uint)) (map-get? boundaries at))

;; Unclamped volatilities after the last sample, its price and its boundary.
(define-read-only (get-volatility)
  (let ((vol (var-get volatility)))
    (merge vol {short: (sqrti (get short vol)), long: (sqrti (get long vol))})))

;; Number and mean interval of observations, bound of the next price (ppm), anomalies logged.
(define-read-only (get-status)
  (let ((last (var-get latest))
      (count (get index last)))
    {observations: count, anomalies: (var-get anomaly-count), deviation-bound: (deviation-bound (get at last)),
      average-interval: (if (> count u1) (/ (- (get at last) (var-get started-at)) (- count u1)) u0)}))

;; The last observation; limits; reporters; a reporter's standing, last report and counts; anomaly (from 1); dispute.
(define-read-only (get-latest) (var-get latest))
(define-read-only (get-bounds) (var-get bounds))
(define-read-only (get-reporters) (var-get reporter-list))
(define-read-only (get-reporter (who principal)) (map-get? reporters who))
(define-read-only (get-anomaly (id uint)) (map-get? anomalies id))
(define-read-only (get-dispute (reporter principal) (observed-at uint) (by principal))
  (map-get? disputes {reporter: reporter, observed-at: observed-at, by: by}))

;; --- PUBLIC ---
;; A reporter reports both prices, observed later than its last ones, at most `report-max-age` ago. Answers the medians
;; and the verdict: u0 accepted, u1 too little fresh weight, u2 too little of it near the median, u3 beyond the bound.
;; Errors: not an active reporter, invalid price or time, volatility not seeded.
(define-public (report-prices (btc uint) (stx uint) (observed-at uint))
  (take-report contract-caller btc stx observed-at))

;; Anyone brings the prices of a contract that is a reporter. Errors: those of `report-prices` and of the source.
(define-public (report-from-source (source <price-source>))
  (begin
    (asserts! (is-listed (contract-of source)) ERR_NOT_REPORTER)
    (var-set source-busy true)
    (let ((quote (try! (contract-call? source latest-prices))))
      (var-set source-busy false)
      (take-report (contract-of source) (get btc quote) (get stx quote) (get at quote)))))

;; Anyone records a boundary that a silence left out, with the first price after it (within 50 days) and the volatility of
;; that day. Errors: not a past boundary, recorded, no later price.
(define-public (record-boundary (at uint))
  (begin
    (asserts! (is-past-boundary at) ERR_NOT_A_BOUNDARY)
    (asserts! (is-none (map-get? boundaries at)) ERR_BOUNDARY_RECORDED)
    (let ((day (unwrap! (map-get? boundaries (get at (fold seek-opening STEPS_50 {at: at, found: false}))) ERR_NO_LATER_PRICE))
        (opening (unwrap! (get opening day) ERR_NO_LATER_PRICE)))
      (ok (write-boundary at (get btc opening) (get stx opening) (pow (get short day) u2) (pow (get long day) u2)
        METHOD_FIRST_LATER none)))))

;; Governance records one when `boundary-window` is over. Errors: not a past boundary, invalid price, recorded, window open.
(define-public (record-boundary-price (at uint) (btc uint) (stx uint))
  (begin
    (try! (governed "record-boundary-price" (to-consensus-buff? {at: at, btc: btc, stx: stx})))
    (asserts! (is-past-boundary at) ERR_NOT_A_BOUNDARY)
    (asserts! (and (is-price btc) (is-price stx)) ERR_INVALID_PRICE)
    (asserts! (is-none (map-get? boundaries at)) ERR_BOUNDARY_RECORDED)
    (asserts! (> stacks-block-time (+ at (get boundary-window (var-get bounds)))) ERR_WINDOW_OPEN)
    (ok (write-boundary at btc stx (get short (var-get volatility)) (get long (var-get volatility)) METHOD_GOVERNANCE none))))

;; Anyone trips the breaker "oracle" in a silence of `silence-limit`; answers whether there is one. Error: no price.
(define-public (check-liveness)
  (let ((at (get at (var-get latest)))
      (age (- stacks-block-time at)))
    (asserts! (> at u0) ERR_NO_PRICE)
    (if (<= age (get silence-limit (var-get bounds)))
      (ok false)
      (begin
        (and (is-ok (contract-call? .parameters check-circuit-breaker "oracle"))
          (try! (contract-call? .parameters trip-breaker "oracle" "no price"))
          (log-anomaly SILENCE age none))
        (ok true)))))

;; A reporter or guardian disputes a reporter's last report with a hash of the reasons; recorded prices stay.
;; Errors: neither of them, unknown, disputed already.
(define-public (dispute-report (reporter principal) (reason (buff 32)))
  (let ((entry (unwrap! (map-get? reporters reporter) ERR_UNKNOWN_REPORTER)))
    (asserts! (or (is-listed contract-caller) (is-guardian)) ERR_NOT_DISPUTER)
    (asserts! (map-insert disputes {reporter: reporter, observed-at: (get at entry), by: contract-caller}
      {reason: reason, at: stacks-block-time}) ERR_ALREADY_DISPUTED)
    (map-set reporters reporter (merge entry {disputes: (+ (get disputes entry) u1)}))
    (print {event: "report-disputed", reporter: reporter, observed-at: (get at entry), reason: reason, by: contract-caller})
    (ok true)))

;; A guardian stops a reporter at once; only governance reinstates it (`set-reporter`). Errors: not a guardian, unknown.
(define-public (suspend-reporter (reporter principal))
  (begin
    (asserts! (is-guardian) ERR_NOT_GUARDIAN)
    (map-set reporters reporter (merge (unwrap! (map-get? reporters reporter) ERR_UNKNOWN_REPORTER) {suspended: true}))
    (print {event: "reporter-suspended", reporter: reporter, by: contract-caller})
    (ok true)))

;; Governance lists a reporter with a weight of 1 to 1,000,000. Errors: invalid weight, listed, ten are listed.
(define-public (add-reporter (reporter principal) (weight uint))
  (begin
    (try! (governed "add-reporter" (to-consensus-buff? {reporter: reporter, weight: weight})))
    (asserts! (is-in u1 weight MAX_WEIGHT) ERR_INVALID_WEIGHT)
    (asserts! (map-insert reporters reporter {weight: weight, active: true, suspended: false, btc: u0, stx: u0, at: u0,
      updates: u0, outliers: u0, disputes: u0}) ERR_REPORTER_EXISTS)
    (var-set reporter-list (unwrap! (as-max-len? (append (var-get reporter-list) reporter) u10) ERR_TOO_MANY_REPORTERS))
    (print {event: "reporter-added", reporter: reporter, weight: weight, by: contract-caller})
    (ok true)))

;; Governance sets a reporter's weight, whether it is active, and ends a suspension. Errors: invalid weight, unknown.
(define-public (set-reporter (reporter principal) (weight uint) (active bool))
  (begin
    (try! (governed "set-reporter" (to-consensus-buff? {reporter: reporter, weight: weight, active: active})))
    (asserts! (is-in u1 weight MAX_WEIGHT) ERR_INVALID_WEIGHT)
    (map-set reporters reporter (merge (unwrap! (map-get? reporters reporter) ERR_UNKNOWN_REPORTER)
      {weight: weight, active: active, suspended: false}))
    (print {event: "reporter-set", reporter: reporter, weight: weight, active: active, by: contract-caller})
    (ok true)))

;; Governance takes a reporter off the list. Error: unknown.
(define-public (remove-reporter (reporter principal))
  (begin
    (try! (governed "remove-reporter" (to-consensus-buff? {reporter: reporter})))
    (asserts! (map-delete reporters reporter) ERR_UNKNOWN_REPORTER)
    (var-set reporter-list (filter is-listed (var-get reporter-list)))
    (print {event: "reporter-removed", reporter: reporter, by: contract-caller})
    (ok true)))

;; Governance sets the limits: ages of prices and reports; `min-weight` of fresh reports within `outlier-bound` of the median;
;; the bound around the last price, overridden by two with `override-share` of the active weight within `agree-bound` of
;; the median; those of volatilities. Error: out of range.
(define-public (set-bounds (new
    {max-age: uint, report-max-age: uint, min-weight: uint, outlier-bound: uint, deviation-base: uint,
      deviation-per-hour: uint, deviation-cap: uint, override-share: uint, agree-bound: uint,
      boundary-window: uint, silence-limit: uint, vol-floor: uint, vol-cap: uint}))
  (begin
    (try! (governed "set-bounds" (to-consensus-buff? new)))
    (asserts! (and
      (is-in u60 (get max-age new) HOUR) (is-in u60 (get report-max-age new) HOUR)
      (is-in u1 (get min-weight new) (* u10 MAX_WEIGHT)) (is-in u1 (get agree-bound new) (get outlier-bound new))
      (is-in u1 (get outlier-bound new) u200000) (is-in u1 (get deviation-base new) (get deviation-cap new))
      (is-in u1 (get deviation-cap new) (- PPM u1)) (is-in u0 (get deviation-per-hour new) PPM)
      (is-in u500001 (get override-share new) PPM)
      (is-in HOUR (get boundary-window new) DAY) (is-in (get max-age new) (get silence-limit new) DAY)
      (is-in u1 (get vol-floor new) (get vol-cap new)) (is-in u1 (get vol-cap new) u10000000)) ERR_INVALID_BOUNDS)
    (var-set bounds new)
    (print (merge new {event: "bounds-set", by: contract-caller}))
    (ok true)))

;; Governance sets the first volatilities (ppm a year, 1 % to 1,000 %), once. Errors: out of range, seeded.
(define-public (seed-volatility (short uint) (long uint))
  (begin
    (try! (governed "seed-volatility" (to-consensus-buff? {short: short, long: long})))
    (asserts! (and (>= (min short long) u10000) (<= (max short long) u10000000)) ERR_INVALID_VOLATILITY)
    (asserts! (is-eq (get short (var-get volatility)) u0) ERR_ALREADY_SEEDED)
    (var-set volatility {short: (pow short u2), long: (pow long u2), price: u0, sample-at: u0})
    (print {event: "volatility-seeded", short: short, long: long, by: contract-caller})
    (ok true)))
