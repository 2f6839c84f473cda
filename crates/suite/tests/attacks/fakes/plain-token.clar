;; A SIP-010 token that does what it should, and is not in the suite's tables, for tests.

(impl-trait .sip-010-trait.sip-010-trait)

(define-fungible-token plain)

(define-public (mint (amount uint) (who principal)) (ft-mint? plain amount who))

(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) (err u4))
    (ft-transfer? plain amount sender recipient)))

(define-read-only (get-name) (ok "Plain"))
(define-read-only (get-symbol) (ok "sBTC"))
(define-read-only (get-decimals) (ok u8))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance plain who)))
(define-read-only (get-total-supply) (ok (ft-get-supply plain)))
(define-read-only (get-token-uri) (ok none))
