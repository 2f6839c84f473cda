;; A price that a test can know.
(impl-trait .priced.priced)
(define-public (price-of (amount uint))
  (ok (* amount u3)))
