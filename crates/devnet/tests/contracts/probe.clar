;; What the devnet's tests provoke: every kind of movement, every kind of ending.

(define-trait counter ((count () (response uint uint))))

(define-constant ERR_ASKED_FOR (err u7))

(define-fungible-token coin)
(define-non-fungible-token ticket uint)

(define-data-var note uint u0)
(define-map notes uint { text: (string-utf8 20), by: principal })

(define-read-only (get-note) (var-get note))
(define-read-only (get-coins (who principal)) (ft-get-balance coin who))
(define-read-only (get-owner (id uint)) (nft-get-owner? ticket id))
(define-read-only (get-clock) { time: stacks-block-time, height: stacks-block-height, burn: burn-block-height })
(define-read-only (who-calls) { sender: tx-sender, caller: contract-caller })

;; Reads the same variable often enough to pass a stock node's limit of 100 reads.
(define-read-only (read-often)
  (fold read-once 0x00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000 u0))
(define-private (read-once (byte (buff 1)) (sum uint)) (+ sum (var-get note)))

(define-public (count) (ok (var-get note)))
(define-public (ask (other <counter>)) (contract-call? other count))

(define-public (set-note (value uint))
  (begin
    (var-set note value)
    (map-set notes value { text: u"note \u{2713}", by: tx-sender })
    (print { event: "note", value: value })
    (ok value)))

(define-public (refuse (value uint))
  (begin
    (var-set note value)
    (print "gone")
    (if (> value u0) ERR_ASKED_FOR (ok u0))))

(define-public (stop (value uint))
  (begin
    (var-set note value)
    (ok (/ u1 (- value value)))))

(define-public (mint-coins (amount uint)) (ft-mint? coin amount tx-sender))
(define-public (send-coins (amount uint) (to principal)) (ft-transfer? coin amount tx-sender to))
(define-public (burn-coins (amount uint)) (ft-burn? coin amount tx-sender))
(define-public (mint-ticket (id uint)) (nft-mint? ticket id tx-sender))
(define-public (send-ticket (id uint) (to principal)) (nft-transfer? ticket id tx-sender to))
(define-public (send-stx (amount uint) (to principal)) (stx-transfer? amount tx-sender to))
(define-public (burn-stx (amount uint)) (stx-burn? amount tx-sender))

;; The contract itself pays: what leaves is not the caller's.
(define-public (pay-out (amount uint) (to principal))
  (as-contract? ((with-stx amount)) (try! (stx-transfer? amount tx-sender to))))

;; Caller and contract both pay.
(define-public (swap (in uint) (out uint))
  (let ((caller tx-sender))
    (try! (stx-transfer? in caller current-contract))
    (as-contract? ((with-stx out)) (try! (stx-transfer? out tx-sender caller)))))
