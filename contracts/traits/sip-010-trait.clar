;; A fungible token as SIP-010 defines it.
;; https://github.com/stacksgov/sips/blob/main/sips/sip-010/sip-010-fungible-token-standard.md
;;
;; The suite takes tokens only from its table of collateral tokens, by principal; that a contract implements this trait
;; says nothing about whether it may be trusted.

(define-trait sip-010-trait
  (
    ;; Moves `amount` from the first principal, who must be the caller, to the second.
    (transfer (uint principal principal (optional (buff 34))) (response bool uint))
    ;; A name for people.
    (get-name () (response (string-ascii 32) uint))
    ;; A short symbol for people. Contracts never decide by it.
    (get-symbol () (response (string-ascii 32) uint))
    ;; How many decimals a person sees.
    (get-decimals () (response uint uint))
    ;; What a principal can spend, in the smallest unit.
    (get-balance (principal) (response uint uint))
    ;; How much there is of it in all.
    (get-total-supply () (response uint uint))
    ;; Where more is said about it.
    (get-token-uri () (response (optional (string-utf8 256)) uint))
  )
)
