;; A contract that knows the prices of one bitcoin and of one STX, such as an adapter of a foreign feed.
;;
;; The oracle takes prices only from sources that governance listed as reporters, by principal; that a contract
;; implements this trait says nothing about whether it may be trusted.

(define-trait price-source-trait
  (
    ;; The last known prices in USD with 8 decimals, and the time (seconds since 1970) of the older of the two.
    (latest-prices () (response {btc: uint, stx: uint, at: uint} uint))
  )
)
