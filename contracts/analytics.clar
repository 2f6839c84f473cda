;; analytics (23): protocol figures by UTC day, written by the suite's contracts, one read and one write each.
;; It informs and decides nothing: no value can make a writer fail. Hourly figures follow from the events. USD e8, ppm.

;; --- CONSTANTS ---
(define-constant DAY u86400)
(define-constant PPM u1000000)
(define-constant MAX_UINT u340282366920938463463374607431768211455)
;; Ratios are computed for values below this, so that no product overflows.
(define-constant MAX_VALUE u100000000000000000000000000000)
(define-constant DAYS (list u0 u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17 u18 u19 u20 u21 u22 u23 u24
  u25 u26 u27 u28 u29 u30))
(define-constant EMPTY {sum: u0, count: u0, last: u0})

;; --- ERRORS ---
(define-constant ERR_INVALID_RANGE (err u2340001))
(define-constant ERR_INVALID_INDICATOR (err u2340002))
(define-constant ERR_NOT_AUTHORISED (err u2340301))
(define-constant ERR_NO_DATA (err u2340401))
(define-constant ERR_NO_THRESHOLD (err u2340402))
(define-constant ERR_ALREADY_RECORDED (err u2340901))

;; --- DATA VARS ---
;; Gauges that make the health score. `good` and `bad` name parameters: the score is full at good, zero at bad.
(define-data-var indicators
  (list 6 {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint}) (list))

;; --- MAPS ---
(define-map protocol-metrics {metric: (string-ascii 24), day: uint} {sum: uint, count: uint, last: uint})
(define-map benchmarks (string-ascii 24) uint)
(define-map health-records uint {score: uint, status: (string-ascii 8), known: uint, at: uint, by: principal})

;; --- PRIVATE ---
(define-private (is-suite)
  (match (contract-call? .upgrade-manager standing-of contract-caller) s (> (get standing s) u0) false))

;; Sums saturate instead of overflowing: recording cannot fail.
(define-private (write (event (string-ascii 16)) (metric (string-ascii 24)) (value uint))
  (let ((key {metric: metric, day: (get-day)})
        (b (default-to EMPTY (map-get? protocol-metrics key))))
    (map-set protocol-metrics key {sum: (if (> value (- MAX_UINT (get sum b))) MAX_UINT (+ (get sum b) value)),
      count: (+ (get count b) u1), last: value})
    (print {event: event, metric: metric, value: value, day: (get day key), by: contract-caller})
    true))

(define-private (write-entry (entry {metric: (string-ascii 24), value: uint}))
  (write "metric-recorded" (get metric entry) (get value entry)))

(define-private (add-day (offset uint)
    (s {metric: (string-ascii 24), from: uint, days: uint, sum: uint, count: uint}))
  (if (< offset (get days s))
    (let ((b (get-metric (get metric s) (+ (get from s) offset))))
      (merge s {sum: (if (> (get sum b) (- MAX_UINT (get sum s))) MAX_UINT (+ (get sum s) (get sum b))),
        count: (+ (get count s) (get count b))}))
    s))

(define-private (append-day (offset uint)
    (s {metric: (string-ascii 24), from: uint, days: uint, series: (list 31 {sum: uint, count: uint, last: uint})}))
  (if (< offset (get days s))
    (merge s {series: (unwrap-panic (as-max-len?
      (append (get series s) (get-metric (get metric s) (+ (get from s) offset))) u31))})
    s))

(define-private (find-last (offset uint)
    (s {metric: (string-ascii 24), day: uint, days: uint, found: (optional {value: uint, day: uint})}))
  (if (or (is-some (get found s)) (>= offset (get days s)) (> offset (get day s)))
    s
    (match (map-get? protocol-metrics {metric: (get metric s), day: (- (get day s) offset)})
      b (merge s {found: (some {value: (get last b), day: (- (get day s) offset)})})
      s)))

(define-private (latest (metric (string-ascii 24)) (days uint))
  (get found (fold find-last DAYS {metric: metric, day: (get-day), days: days, found: none})))

;; Keeps `day` where nothing can be added to overflow it.
(define-private (min-day (day uint)) (if (> day MAX_VALUE) MAX_VALUE day))

(define-private (window-sum (metric (string-ascii 24)) (from uint) (days uint))
  (let ((s (fold add-day DAYS {metric: metric, from: from, days: days, sum: u0, count: u0})))
    {sum: (get sum s), count: (get count s)}))

;; `part` of `whole` in ppm; none for nothing to divide by or figures out of range.
(define-private (ratio (part uint) (whole uint))
  (if (or (is-eq whole u0) (> part MAX_VALUE)) none (some (/ (* part PPM) whole))))

(define-private (metric-of (i {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint}))
  (get metric i))
(define-private (good-of (i {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint}))
  (get good i))
(define-private (bad-of (i {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint}))
  (get bad i))

;; Linear between good (PPM) and bad (0), whichever is larger.
(define-private (score-of (value uint) (good uint) (bad uint))
  (let ((low (if (< good bad) good bad))
        (high (if (< good bad) bad good))
        (v (if (< value low) low (if (> value high) high value))))
    (/ (* (if (< good bad) (- high v) (- v low)) PPM) (- high low))))

(define-private (add-indicator
    (i {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint})
    (s {index: uint, good: (list 20 (optional uint)), bad: (list 20 (optional uint)), sum: uint, weight: uint, known: uint}))
  (let ((next (merge s {index: (+ (get index s) u1)}))
        (gauge (latest (get metric i) u7))
        (good (default-to none (element-at? (get good s) (get index s))))
        (bad (default-to none (element-at? (get bad s) (get index s)))))
    (match gauge g (match good a (match bad b
      (if (or (is-eq a b) (> a MAX_VALUE) (> b MAX_VALUE)) next
        (merge next {sum: (+ (get sum s) (* (get weight i) (score-of (get value g) a b))),
          weight: (+ (get weight s) (get weight i)), known: (+ (get known s) u1)}))
      next) next) next)))

(define-private (valid-indicator
    (i {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint}) (so-far bool))
  (and so-far (> (get weight i) u0) (<= (get weight i) PPM)))

;; --- READ-ONLY ---
;; Today's number: days since 1970.
(define-read-only (get-day) (/ stacks-block-time DAY))

;; A metric's day: sum, number of records, last value; zeros if nothing was recorded.
(define-read-only (get-metric (metric (string-ascii 24)) (day uint))
  (default-to EMPTY (map-get? protocol-metrics {metric: metric, day: day})))

;; The last value of a gauge and its day, looking back at most 31 days.
(define-read-only (get-gauge (metric (string-ascii 24))) (latest metric u31))

;; The days of a metric from `from` on, at most 31.
(define-read-only (get-series (metric (string-ascii 24)) (from uint) (days uint))
  (get series (fold append-day DAYS {metric: metric, from: (min-day from), days: days, series: (list)})))

;; Sum and count over `days` days (at most 31) from `from` on: weeks, months, epochs.
(define-read-only (get-window (metric (string-ascii 24)) (from uint) (days uint))
  (window-sum metric (min-day from) days))

;; The `days` days (1 to 31) that end with `day` against as many before: sums and the change in ppm (none from zero).
(define-read-only (get-trend (metric (string-ascii 24)) (day uint) (days uint))
  (begin
    (asserts! (and (> days u0) (<= days u31) (<= day MAX_VALUE) (>= (+ day u1) (* u2 days))) ERR_INVALID_RANGE)
    (let ((current (get sum (window-sum metric (- (+ day u1) days) days)))
          (previous (get sum (window-sum metric (- (+ day u1) (* u2 days)) days))))
      (ok {current: current, previous: previous, change: (match (ratio current previous)
        r (some (- (to-int r) 1000000)) none)}))))

;; A metric's sum over `days` days (1 to 31) that end with `day` in ppm of its benchmark for one day times days.
(define-read-only (compare-benchmark (metric (string-ascii 24)) (day uint) (days uint))
  (let ((target (unwrap! (map-get? benchmarks metric) ERR_NO_THRESHOLD)))
    (asserts! (and (> days u0) (<= days u31) (<= day MAX_VALUE) (>= (+ day u1) days)) ERR_INVALID_RANGE)
    (let ((actual (get sum (window-sum metric (- (+ day u1) days) days))))
      (ok {actual: actual, target: (* target days),
        achieved: (unwrap! (ratio actual (* target days)) ERR_NO_DATA)}))))

;; How providers did over `days` days (1 to 31) that end with `day`: payouts against premiums in ppm, premium per policy.
(define-read-only (get-performance (day uint) (days uint))
  (begin
    (asserts! (and (> days u0) (<= days u31) (<= day MAX_VALUE) (>= (+ day u1) days)) ERR_INVALID_RANGE)
    (let ((from (- (+ day u1) days))
          (premiums (get sum (window-sum "premium-usd" from days)))
          (payouts (get sum (window-sum "payout-usd" from days)))
          (policies (get sum (window-sum "policies" from days))))
      (ok {premiums: premiums, payouts: payouts, policies: policies, loss-ratio: (ratio payouts premiums),
        mean-premium: (if (is-eq policies u0) none (some (/ premiums policies)))}))))

;; A day against the mean of the seven before, and whether the difference passes the parameter "anomaly-deviation" (ppm).
(define-read-only (get-anomaly (metric (string-ascii 24)) (day uint))
  (let ((limit (unwrap! (contract-call? .parameters get-parameter "anomaly-deviation") ERR_NO_THRESHOLD)))
    (asserts! (and (>= day u7) (<= day MAX_VALUE)) ERR_INVALID_RANGE)
    (let ((value (get sum (get-metric metric day)))
          (mean (/ (get sum (window-sum metric (- day u7) u7)) u7))
          (deviation (unwrap! (ratio (if (> value mean) (- value mean) (- mean value)) mean) ERR_NO_DATA)))
      (ok {value: value, mean: mean, deviation: deviation, anomalous: (> deviation limit)}))))

;; The score's gauges, with the names of the parameters that hold their thresholds.
(define-read-only (get-indicators) (var-get indicators))

;; The benchmark of a metric for one day.
(define-read-only (get-benchmark (metric (string-ascii 24))) (map-get? benchmarks metric))

;; The weighted score of the indicators whose gauges were set within 7 days, in ppm, and how many those are. Errors: none is.
(define-read-only (get-health-score)
  (let ((all (var-get indicators))
        (s (fold add-indicator all {index: u0, sum: u0, weight: u0, known: u0,
          good: (contract-call? .parameters get-parameters (map good-of all)),
          bad: (contract-call? .parameters get-parameters (map bad-of all))})))
    (asserts! (> (get weight s) u0) ERR_NO_DATA)
    (let ((score (/ (get sum s) (get weight s))))
      (ok {score: score, known: (get known s), of: (len all), status:
        (if (>= score u700000) "healthy" (if (>= score u400000) "degraded" "critical"))}))))

;; The health that was recorded for a day.
(define-read-only (get-health-record (day uint)) (map-get? health-records day))

;; --- PUBLIC ---
;; Adds `value` to the day of a metric and counts one. By contracts of the suite, retiring ones too.
(define-public (record (metric (string-ascii 24)) (value uint))
  (begin
    (asserts! (is-suite) ERR_NOT_AUTHORISED)
    (ok (write "metric-recorded" metric value))))

;; As record, for up to eight metrics in one call.
(define-public (record-all (entries (list 8 {metric: (string-ascii 24), value: uint})))
  (begin
    (asserts! (is-suite) ERR_NOT_AUTHORISED)
    (map write-entry entries)
    (ok true)))

;; Sets the day's last value of a gauge. By contracts of the suite, retiring ones too.
(define-public (set-gauge (metric (string-ascii 24)) (value uint))
  (begin
    (asserts! (is-suite) ERR_NOT_AUTHORISED)
    (ok (write "gauge-set" metric value))))

;; Sets the indicators of the score (1 to 6). Governed.
(define-public (set-indicators
    (new (list 6 {metric: (string-ascii 24), good: (string-ascii 40), bad: (string-ascii 40), weight: uint})))
  (begin
    (try! (contract-call? .governance consume-action "set-indicators"
      (sha256 (unwrap-panic (to-consensus-buff? {indicators: new}))) contract-caller))
    (asserts! (and (> (len new) u0) (fold valid-indicator new true)) ERR_INVALID_INDICATOR)
    (var-set indicators new)
    (print {event: "indicators-set", metrics: (map metric-of new), good: (map good-of new), bad: (map bad-of new),
      by: contract-caller})
    (ok true)))

;; Sets what a metric is expected to reach in one day; u0 takes it away. Role operator.
(define-public (set-benchmark (metric (string-ascii 24)) (target uint))
  (begin
    (asserts! (contract-call? .governance has-role contract-caller "operator") ERR_NOT_AUTHORISED)
    (asserts! (<= target MAX_VALUE) ERR_INVALID_RANGE)
    (if (is-eq target u0) (map-delete benchmarks metric) (map-set benchmarks metric target))
    (print {event: "benchmark-set", metric: metric, target: target, by: contract-caller})
    (ok true)))

;; Keeps today's health score. Anyone, once a day.
(define-public (record-health)
  (let ((day (get-day))
        (health (try! (get-health-score)))
        (previous (get status (map-get? health-records (- day u1)))))
    (asserts! (map-insert health-records day {score: (get score health), status: (get status health),
      known: (get known health), at: stacks-block-time, by: contract-caller}) ERR_ALREADY_RECORDED)
    (print {event: "health-recorded", day: day, score: (get score health), status: (get status health),
      known: (get known health), previous: previous, by: contract-caller})
    (ok (get score health))))
