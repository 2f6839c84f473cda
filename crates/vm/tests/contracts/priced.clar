;; A trait with a function that changes nothing.
(define-trait priced ((price-of (uint) (response uint uint))))
(define-read-only (nothing) true)
