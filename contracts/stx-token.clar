;; stx-token (26): the SIP-010 face of native STX, so that one token interface serves the whole suite.
;; It holds nothing and has no state: a transfer moves the sender's own STX. A contract that calls it under
;; as-contract? or restrict-assets? needs a with-stx allowance.

(impl-trait .sip-010-trait.sip-010-trait)

;; --- ERRORS ---
(define-constant ERR_SELF_TRANSFER (err u2640001))
(define-constant ERR_ZERO_AMOUNT (err u2640002))
(define-constant ERR_INSUFFICIENT_BALANCE (err u2640201))
(define-constant ERR_NOT_SENDER (err u2640301))

;; --- PUBLIC ---
;; Moves `amount` micro-STX from `sender`, who must be tx-sender (the rule of native STX), to `recipient`; a memo goes
;; into the native transfer event. Errors: not the sender, zero amount, self transfer, too little unlocked STX.
(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (is-eq tx-sender sender) ERR_NOT_SENDER)
    (asserts! (> amount u0) ERR_ZERO_AMOUNT)
    (asserts! (not (is-eq sender recipient)) ERR_SELF_TRANSFER)
    ;; What the native transfer can still refuse is too small a balance.
    (ok (unwrap! (match memo
      note (stx-transfer-memo? amount sender recipient note)
      (stx-transfer? amount sender recipient)) ERR_INSUFFICIENT_BALANCE))))

;; --- READ-ONLY ---
;; A name for people.
(define-read-only (get-name) (ok "Stacks"))

;; The symbol for people; contracts go by principal.
(define-read-only (get-symbol) (ok "STX"))

;; Six: amounts are micro-STX.
(define-read-only (get-decimals) (ok u6))

;; What `who` can spend, in micro-STX: locked (stacked) STX is not counted.
(define-read-only (get-balance (who principal)) (ok (stx-get-balance who)))

;; The liquid supply, in micro-STX.
(define-read-only (get-total-supply) (ok stx-liquid-supply))

;; None: STX is described by its chain.
(define-read-only (get-token-uri) (ok none))
