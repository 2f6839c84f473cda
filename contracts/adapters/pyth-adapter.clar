;; pyth-adapter (28): the prices of Pyth's storage contract as a price source.
;; Anyone refreshes it from the feed that governance named; it keeps the last prices, holds no assets and trusts nothing but
;; that feed, whose contract has verified the signatures. On mainnet: SP1CGXWEAMG6P6FT04W66NVGJ7PQWMDAC19R7PJ0Y.pyth-storage-v4.
;; A price is price x 10^expo USD, with the half-width of its confidence interval in the same unit.

;; --- TRAITS ---
(impl-trait .price-source-trait.price-source-trait)
(define-trait pyth-feed
  ((get-price ((buff 32)) (response {price: int, conf: uint, expo: int, ema-price: int, ema-conf: uint,
    publish-time: uint, prev-publish-time: uint} uint))))

;; --- CONSTANTS ---
;; Pyth's identifiers of BTC/USD and STX/USD.
(define-constant BTC_USD 0xe62df6c8b4a85fe1a67db44dc12de5db330f7ac66b72dc658afedf0f4a415b43)
(define-constant STX_USD 0xec7a775f46379b5e943c3526b1c8d54cd49749176b0b98e02dde68d1bd335c17)
(define-constant PPM u1000000)
(define-constant MAX_PRICE u100000000000000000)
;; A signed 64-bit number, as Pyth publishes it.
(define-constant MAX_MANTISSA 9223372036854775807)

;; --- ERRORS ---
(define-constant ERR_INVALID_PRICE (err u2840001))
(define-constant ERR_FUTURE_PRICE (err u2840002))
(define-constant ERR_NOT_NEWER (err u2840003))
(define-constant ERR_INVALID_EXPONENT (err u2840004))
(define-constant ERR_WIDE_CONFIDENCE (err u2840005))
(define-constant ERR_INVALID_LIMIT (err u2840006))
(define-constant ERR_UNKNOWN_FEED (err u2840301))
(define-constant ERR_FEED_FAILED (err u2840401))
(define-constant ERR_NO_PRICE (err u2840402))

;; --- DATA VARS ---
(define-data-var feed-principal (optional principal) none)
;; The widest confidence interval (half-width) that is taken, in ppm of the price.
(define-data-var max-confidence uint u10000)
(define-data-var latest {btc: uint, stx: uint, at: uint} {btc: u0, stx: u0, at: u0})

;; --- PRIVATE ---
(define-private (converted (entry {price: int, conf: uint, expo: int, ema-price: int, ema-conf: uint, publish-time: uint,
    prev-publish-time: uint}))
  (begin
    (asserts! (and (> (get price entry) 0) (<= (get price entry) MAX_MANTISSA)) ERR_INVALID_PRICE)
    (asserts! (and (>= (get expo entry) -18) (<= (get expo entry) 8)) ERR_INVALID_EXPONENT)
    (asserts! (<= (get publish-time entry) stacks-block-time) ERR_FUTURE_PRICE)
    (let ((mantissa (to-uint (get price entry)))
        (shift (+ (get expo entry) 8))
        (price (if (< shift 0) (/ mantissa (pow u10 (to-uint (- 0 shift)))) (* mantissa (pow u10 (to-uint shift))))))
      ;; A confidence above the price is wide whatever the limit; asked first, it bounds the product.
      (asserts! (and (<= (get conf entry) mantissa)
        (<= (* (get conf entry) PPM) (* mantissa (var-get max-confidence)))) ERR_WIDE_CONFIDENCE)
      (asserts! (and (> price u0) (< price MAX_PRICE)) ERR_INVALID_PRICE)
      (ok {price: price, at: (get publish-time entry)}))))

;; --- READ-ONLY ---
;; The last prices in USD with 8 decimals and the time (seconds) of the older of the two. Error: none yet.
(define-read-only (latest-prices)
  (let ((prices (var-get latest)))
    (asserts! (> (get at prices) u0) ERR_NO_PRICE)
    (ok prices)))

;; The feed that refreshes may name, and the widest confidence interval taken.
(define-read-only (get-feed) (var-get feed-principal))
(define-read-only (get-max-confidence) (var-get max-confidence))

;; --- PUBLIC ---
;; Anyone takes the current prices over from the feed; they must be newer than the kept ones. Errors: not the feed of
;; governance, feed refuses, price not positive or out of range, exponent, confidence too wide, in the future, not newer.
(define-public (refresh (feed <pyth-feed>))
  (begin
    (asserts! (is-eq (some (contract-of feed)) (var-get feed-principal)) ERR_UNKNOWN_FEED)
    (let ((btc (try! (converted (unwrap! (contract-call? feed get-price BTC_USD) ERR_FEED_FAILED))))
        (stx (try! (converted (unwrap! (contract-call? feed get-price STX_USD) ERR_FEED_FAILED))))
        (at (if (< (get at btc) (get at stx)) (get at btc) (get at stx))))
      (asserts! (> at (get at (var-get latest))) ERR_NOT_NEWER)
      (var-set latest {btc: (get price btc), stx: (get price stx), at: at})
      (print {event: "prices-refreshed", btc: (get price btc), stx: (get price stx), at: at, by: contract-caller})
      (ok true))))

;; Governance names the feed.
(define-public (set-feed (feed principal))
  (begin
    (try! (contract-call? .governance consume-action "set-feed"
      (sha256 (unwrap-panic (to-consensus-buff? {feed: feed}))) contract-caller))
    (var-set feed-principal (some feed))
    (print {event: "feed-set", feed: feed, by: contract-caller})
    (ok true)))

;; Governance sets the widest confidence interval taken, 1 to 100,000 ppm. Error: out of range.
(define-public (set-max-confidence (limit uint))
  (begin
    (try! (contract-call? .governance consume-action "set-max-confidence"
      (sha256 (unwrap-panic (to-consensus-buff? {limit: limit}))) contract-caller))
    (asserts! (and (> limit u0) (<= limit u100000)) ERR_INVALID_LIMIT)
    (var-set max-confidence limit)
    (print {event: "max-confidence-set", limit: limit, by: contract-caller})
    (ok true)))
