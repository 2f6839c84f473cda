;; fee-schedule (29): the fee rate of every operation, discounts by volume, and the volume that each user traded. No money:
;; the treasury takes the fees. Quotes load this contract, so it is short. Ratios in ppm, volumes in USD e8 of premium.

;; --- CONSTANTS ---
(define-constant PPM u1000000)
(define-constant RETIRING u1)
;; Above any supply; a product of two stays below 2^128.
(define-constant MAX_AMOUNT u1000000000000000000)
(define-constant MAX_FEE_RATE u200000)
(define-constant MAX_DISCOUNT u500000)
(define-constant PERIOD_DAYS u30)

;; --- ERRORS ---
(define-constant ERR_INVALID_AMOUNT (err u2940001))
(define-constant ERR_INVALID_SETTING (err u2940002))
(define-constant ERR_NOT_SUITE (err u2940301))
(define-constant ERR_UNKNOWN_OPERATION (err u2940401))

;; --- DATA VARS ---
(define-data-var discount-tiers (list 5 {threshold: uint, discount: uint}) (list))

;; --- MAPS ---
(define-map fee-rates (string-ascii 16) uint)
;; As of `day`: that day's volume, that of its 30-day period before, that of the period before.
(define-map volumes principal {day: uint, today: uint, before: uint, previous: uint})

(map-set fee-rates "purchase" u50000)
(map-set fee-rates "sell-back" u0)
(map-set fee-rates "activation" u0)
(map-set fee-rates "deposit" u0)
(map-set fee-rates "exit" u0)

;; --- PRIVATE ---
(define-private (governed (function (string-ascii 40)) (args (optional (buff 2048))))
  (contract-call? .governance consume-action function (sha256 (unwrap-panic args)) contract-caller))

;; The caller is a version of `name` that is in service or runs off.
(define-private (check-caller (name (string-ascii 40)))
  (ok (asserts! (>= (contract-call? .upgrade-manager get-standing name contract-caller) RETIRING) ERR_NOT_SUITE)))

(define-private (check-amount (amount uint))
  (ok (asserts! (and (> amount u0) (<= amount MAX_AMOUNT)) ERR_INVALID_AMOUNT)))

(define-private (min-of (a uint) (b uint)) (if (< a b) a b))

(define-private (threshold-of (tier {threshold: uint, discount: uint})) (get threshold tier))
(define-private (discount-of (tier {threshold: uint, discount: uint})) (get discount tier))

(define-private (better-tier (tier {threshold: uint, discount: uint}) (best {volume: uint, discount: uint}))
  (if (>= (get volume best) (get threshold tier)) (merge best {discount: (get discount tier)}) best))

(define-private (rising-tier (tier {threshold: uint, discount: uint}) (last {threshold: uint, discount: uint, good: bool}))
  (merge tier
    {good: (and (get good last) (> (get threshold tier) (get threshold last)) (> (get discount tier) (get discount last)))}))

;; --- READ-ONLY ---
;; What `user` would pay now on `base`: ceil(base * rate * (1 - discount)). Errors: unknown operation, amount.
(define-read-only (quote-fee (operation (string-ascii 16)) (base uint) (user principal))
  (let ((rate (unwrap! (map-get? fee-rates operation) ERR_UNKNOWN_OPERATION)) (discount (get-discount user)))
    (try! (check-amount base))
    (ok {fee: (/ (+ (* base rate (- PPM discount)) (- (* PPM PPM) u1)) (* PPM PPM)), rate: rate, discount: discount})))

;; Ppm off every fee of `user` today: the tier of the previous period's volume and this one's before today.
(define-read-only (get-discount (user principal))
  (let ((volume (get-volume user)))
    (get discount (fold better-tier (var-get discount-tiers)
      {volume: (+ (get previous volume) (get before volume)), discount: u0}))))

;; A user's volume as of today.
(define-read-only (get-volume (user principal))
  (let (
      (day (/ stacks-block-time u86400))
      (volume (default-to {day: day, today: u0, before: u0, previous: u0} (map-get? volumes user)))
      (periods (- (/ day PERIOD_DAYS) (/ (get day volume) PERIOD_DAYS)))
      (sum (+ (get before volume) (get today volume))))
    (if (is-eq day (get day volume)) volume
      (if (is-eq periods u0) {day: day, today: u0, before: sum, previous: (get previous volume)}
        {day: day, today: u0, before: u0, previous: (if (is-eq periods u1) sum u0)}))))

;; --- PUBLIC ---
;; What the treasury takes of `user` on `base`, as quoted; counts `volume`, which may be 0. By the treasury, also
;; retiring, whose event "fee-processed" tells of it. Errors: caller, amount, operation.
(define-public (note-fee (operation (string-ascii 16)) (base uint) (volume uint) (user principal))
  (begin
    (try! (check-caller "treasury"))
    (asserts! (<= volume MAX_AMOUNT) ERR_INVALID_AMOUNT)
    (let (
        (quote (try! (quote-fee operation base user)))
        (counted (get-volume user))
        (today (+ (get today counted) volume)))
      (and (> volume u0) (map-set volumes user (merge counted {today: today})))
      (ok (merge quote {volume-today: today})))))

;; Takes a sold-back policy's volume off again, the newest first, never below zero. By the registry, also retiring.
(define-public (net-volume (user principal) (volume uint))
  (let (
      (counted (get-volume user))
      (today (min-of (get today counted) volume))
      (before (min-of (get before counted) (- volume today)))
      (after (merge counted {today: (- (get today counted) today), before: (- (get before counted) before),
        previous: (- (get previous counted) (min-of (get previous counted) (- volume (+ today before))))})))
    (try! (check-caller "policy-registry"))
    (try! (check-amount volume))
    (map-set volumes user after)
    (print (merge after {event: "volume-netted", user: user, volume: volume, by: contract-caller}))
    (ok true)))

;; --- GOVERNED ---
;; Sets an operation's fee rate, ppm, at most 20 %.
(define-public (set-fee-rate (operation (string-ascii 16)) (rate uint))
  (let ((change {operation: operation, rate: rate}))
    (try! (governed "set-fee-rate" (to-consensus-buff? change)))
    (asserts! (<= rate MAX_FEE_RATE) ERR_INVALID_SETTING)
    (map-set fee-rates operation rate)
    (print (merge change {event: "fee-rate-set", by: contract-caller}))
    (ok true)))

;; Sets the discount tiers: thresholds (USD e8) and discounts (ppm, at most 50 %), both rising from above zero.
(define-public (set-discount-tiers (tiers (list 5 {threshold: uint, discount: uint})))
  (let ((last (fold rising-tier tiers {threshold: u0, discount: u0, good: true})))
    (try! (governed "set-discount-tiers" (to-consensus-buff? {tiers: tiers})))
    (asserts! (and (get good last) (<= (get discount last) MAX_DISCOUNT)) ERR_INVALID_SETTING)
    (var-set discount-tiers tiers)
    (print {event: "discount-tiers-set", thresholds: (map threshold-of tiers), discounts: (map discount-of tiers),
      by: contract-caller})
    (ok true)))
