;; dia-adapter (27): the prices of DIA's key-value oracle as a price source.
;; Anyone refreshes it from the feed that governance named; it keeps the last prices, holds no assets and trusts nothing but
;; that feed. On mainnet the feed is SP1G48FZ4Y7JY8G2Z0N51QTCYGBQ6F4J43J77BQC0.dia-oracle: values with 8 decimals, times in
;; milliseconds, zeros for an unknown key.

;; --- TRAITS ---
(impl-trait .price-source-trait.price-source-trait)
(define-trait dia-feed
  ((get-value ((string-ascii 32)) (response {value: uint, timestamp: uint} uint))))

;; --- CONSTANTS ---
(define-constant MAX_PRICE u100000000000000000)
(define-constant MILLISECONDS u1000)

;; --- ERRORS ---
(define-constant ERR_INVALID_PRICE (err u2740001))
(define-constant ERR_FUTURE_PRICE (err u2740002))
(define-constant ERR_NOT_NEWER (err u2740003))
(define-constant ERR_UNKNOWN_FEED (err u2740301))
(define-constant ERR_FEED_FAILED (err u2740401))
(define-constant ERR_NO_PRICE (err u2740402))

;; --- DATA VARS ---
(define-data-var feed-principal (optional principal) none)
(define-data-var latest {btc: uint, stx: uint, at: uint} {btc: u0, stx: u0, at: u0})

;; --- PRIVATE ---
(define-private (checked (entry {value: uint, timestamp: uint}))
  (let ((at (/ (get timestamp entry) MILLISECONDS)))
    (asserts! (and (> (get value entry) u0) (< (get value entry) MAX_PRICE)) ERR_INVALID_PRICE)
    (asserts! (<= at stacks-block-time) ERR_FUTURE_PRICE)
    (ok {price: (get value entry), at: at})))

;; --- READ-ONLY ---
;; The last prices in USD with 8 decimals and the time (seconds) of the older of the two. Error: none yet.
(define-read-only (latest-prices)
  (let ((prices (var-get latest)))
    (asserts! (> (get at prices) u0) ERR_NO_PRICE)
    (ok prices)))

;; The feed that refreshes may name.
(define-read-only (get-feed) (var-get feed-principal))

;; --- PUBLIC ---
;; Anyone takes the current prices over from the feed; they must be newer than the kept ones.
;; Errors: not the feed of governance, feed refuses, price out of range, in the future, not newer.
(define-public (refresh (feed <dia-feed>))
  (begin
    (asserts! (is-eq (some (contract-of feed)) (var-get feed-principal)) ERR_UNKNOWN_FEED)
    (let ((btc (try! (checked (unwrap! (contract-call? feed get-value "BTC/USD") ERR_FEED_FAILED))))
        (stx (try! (checked (unwrap! (contract-call? feed get-value "STX/USD") ERR_FEED_FAILED))))
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
