;; A SIP-010 token that turns on those who accept it, for tests. The next transfer does what `mode` says.

(use-trait ft .sip-010-trait.sip-010-trait)
(impl-trait .sip-010-trait.sip-010-trait)

(define-fungible-token fake)

(define-data-var mode (string-ascii 24) "")
;; What an attack met that did not stop the transfer.
(define-data-var said (response bool uint) (ok true))

(define-public (set-mode (name (string-ascii 24))) (begin (var-set said (ok true)) (ok (var-set mode name))))
(define-read-only (get-said) (var-get said))
(define-public (mint (amount uint) (who principal)) (ft-mint? fake amount who))

(define-private (attack (amount uint))
  (let ((now (var-get mode)))
    (var-set mode "")
    (if (is-eq now "refuse") (err u777)
    (if (is-eq now "more") (ft-transfer? fake amount tx-sender current-contract)
    (if (is-eq now "steal-stx") (stx-transfer? u1 tx-sender current-contract)
    (if (is-eq now "steal-sbtc") (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
        u1 tx-sender current-contract none)
    (if (is-eq now "lock") (contract-call? .fake-pool lock (list u1) amount current-contract)
    (if (is-eq now "release") (contract-call? .fake-pool release (list u1) amount current-contract)
    (if (is-eq now "withdraw-sbtc") (contract-call? .fake-pool withdraw u1
        'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token tx-sender)
    (if (is-eq now "surplus-sbtc") (note (contract-call? .treasury book-surplus
        'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token))
    (if (is-eq now "fund-surplus-sbtc") (note (contract-call? .insurance-fund book-surplus
        'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token))
    (if (is-eq now "cancel-swap") (contract-call? .treasury cancel-swap u1)
    (ok true)))))))))))))

(define-private (note (result (response uint uint)))
  (begin (var-set said (match result value (ok true) code (err code))) (ok true)))

(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (or (is-eq tx-sender sender) (is-eq contract-caller sender)) (err u4))
    (try! (attack amount))
    (ft-transfer? fake amount sender recipient)))

(define-read-only (get-name) (ok "Fake"))
(define-read-only (get-symbol) (ok "FAKE"))
(define-read-only (get-decimals) (ok u8))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance fake who)))
(define-read-only (get-total-supply) (ok (ft-get-supply fake)))
(define-read-only (get-token-uri) (ok none))
