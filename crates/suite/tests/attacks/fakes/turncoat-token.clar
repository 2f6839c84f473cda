;; A SIP-010 token that governance was talked into listing, for tests: while it is transferred it does what `mode` says.
;; It also owns what a person would: capital and policies, so that it can act for itself in the middle of a transfer.

(use-trait ft .sip-010-trait.sip-010-trait)
(impl-trait .sip-010-trait.sip-010-trait)

(define-constant SBTC 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)

(define-fungible-token turncoat)

(define-data-var mode (string-ascii 24) "")
(define-data-var target principal tx-sender)
(define-data-var id uint u0)
(define-data-var expiry uint u0)
;; Whether an attack is on its way, and what became of the last one: its name and its error, u0 for success.
(define-data-var busy bool false)
(define-data-var tried (string-ascii 24) "")
(define-data-var outcome uint u0)

(define-public (set-mode (name (string-ascii 24)) (who principal) (policy uint) (time uint))
  (begin
    (var-set mode name)
    (var-set target who)
    (var-set id policy)
    (var-set expiry time)
    (var-set tried "")
    (ok (var-set outcome u0))))
(define-read-only (get-tried) {mode: (var-get tried), outcome: (var-get outcome)})

(define-public (mint (amount uint) (who principal)) (ft-mint? turncoat amount who))

;; More than anybody has.
(define-constant MUCH u1000000000000000000000000000)

;; Acts for itself, with everything it has.
(define-public (commit (token <ft>) (tier uint) (amount uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (try! (contract-call? .liquidity-pool commit-capital tier token amount))))
(define-public (request (token <ft>) (tier uint) (shares uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (try! (contract-call? .liquidity-pool request-withdrawal tier (contract-of token) shares))))
(define-public (buy (token <ft>) (tier uint) (strike uint) (time uint) (size uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (get policy (try! (contract-call? .policy-registry purchase-protection token tier u1 strike time size
      u1000000000000000)))))
(define-public (activate (token <ft>) (policy uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (try! (contract-call? .policy-registry activate-protection policy token u0))))
(define-public (cancel (token <ft>) (policy uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (try! (contract-call? .policy-registry cancel-protection policy token u0))))
(define-public (contribute (token <ft>) (amount uint))
  (as-contract? ((with-ft (contract-of token) "*" MUCH) (with-stx MUCH))
    (try! (contract-call? .insurance-fund contribute-to-fund amount token))))

(define-private (note (result (response uint uint)))
  (begin (var-set outcome (match result value u0 code code)) (ok true)))
(define-private (note-bool (result (response bool uint)))
  (begin (var-set outcome (match result value u0 code code)) (ok true)))

;; What an attack met does not stop the transfer, unless it took something that the transfer may not take.
(define-private (attack (amount uint) (recipient principal))
  (let ((now (var-get mode)) (who (var-get target)) (policy (var-get id)))
    (var-set tried now)
    (if (is-eq now "refuse") (err u777)
    (if (is-eq now "refuse-one") (if (is-eq recipient who) (err u777) (ok true))
    (if (is-eq now "take-more") (ft-transfer? turncoat amount tx-sender current-contract)
    (if (is-eq now "steal-stx") (stx-transfer? u1000 tx-sender current-contract)
    (if (is-eq now "steal-sbtc") (contract-call? 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer
        u1000 tx-sender current-contract none)
    (if (is-eq now "steal-of-other") (note-bool (contract-call?
        'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token transfer u1000 who current-contract none))
    (if (is-eq now "commit-for-sender") (note (contract-call? .liquidity-pool commit-capital u2 SBTC u100000))
    (if (is-eq now "buy-for-sender") (note (match (contract-call? .policy-registry purchase-protection SBTC u2 u1
        u7500000000000 (var-get expiry) u10000000 u1000000000000000) sold (ok (get policy sold)) code (err code)))
    (if (is-eq now "cancel-for-sender") (note (contract-call? .policy-registry cancel-protection policy SBTC u0))
    (if (is-eq now "fund-for-sender") (note-bool (contract-call? .insurance-fund contribute-to-fund u1000 SBTC))
    (if (is-eq now "vault") (note-bool (contract-call? .liquidity-pool-vault withdraw-funds u1000 SBTC current-contract))
    (if (is-eq now "cover") (note (contract-call? .insurance-fund cover-shortfall u1 u1000 SBTC))
    (if (is-eq now "pay-out") (note-bool (contract-call? .treasury execute-payment SBTC u1000 current-contract "none"))
    (if (is-eq now "commit-own") (note (commit SBTC u2 u100000))
    (if (is-eq now "buy-own") (note (buy SBTC u2 u7500000000000 (var-get expiry) u10000000))
    (if (is-eq now "cancel-own") (note (cancel SBTC policy))
    (if (is-eq now "activate-own") (note (activate SBTC policy))
    (if (is-eq now "close") (note (contract-call? .liquidity-pool close-epoch u2 SBTC))
    (if (is-eq now "settle") (note (contract-call? .policy-registry settle-expiry u2 SBTC (var-get expiry)))
    (if (is-eq now "claim") (note (contract-call? .policy-registry claim-settlement policy SBTC))
    (if (is-eq now "expire") (note (contract-call? .policy-registry expire-policies (list policy policy)))
    (if (is-eq now "withdraw") (note (contract-call? .liquidity-pool claim-withdrawal u2 SBTC who))
    (if (is-eq now "credit") (note (contract-call? .liquidity-pool claim-credit SBTC who))
    (if (is-eq now "distribute") (note (contract-call? .treasury distribute SBTC))
    (if (is-eq now "allocation") (note (contract-call? .treasury claim-allocation SBTC .insurance-fund))
    (if (is-eq now "surplus") (note (contract-call? .insurance-fund book-surplus SBTC))
    (ok true)))))))))))))))))))))))))))))

(define-public (transfer (amount uint) (sender principal) (recipient principal) (memo (optional (buff 34))))
  (begin
    (asserts! (or (is-eq tx-sender sender) (is-eq contract-caller sender)) (err u4))
    (if (or (var-get busy) (is-eq (var-get mode) "") (is-eq (var-get mode) "lie"))
      true
      (begin
        (var-set busy true)
        (try! (attack amount recipient))
        (var-set busy false)))
    (if (is-eq (var-get mode) "lie") (ok true) (ft-transfer? turncoat amount sender recipient))))

(define-read-only (get-name) (ok "Turncoat"))
(define-read-only (get-symbol) (ok "sBTC"))
(define-read-only (get-decimals) (ok u6))
(define-read-only (get-balance (who principal)) (ok (ft-get-balance turncoat who)))
(define-read-only (get-total-supply) (ok (ft-get-supply turncoat)))
(define-read-only (get-token-uri) (ok none))
