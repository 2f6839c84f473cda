;; One of everything, for the tests of the session.
(use-trait priced .priced.priced)

(define-fungible-token coin)
(define-non-fungible-token deed uint)

(define-constant ERR_TOO_MUCH (err u7))

(define-data-var total uint u0)
(define-map notes uint { text: (string-utf8 20), mark: (optional (buff 4)) })

(define-public (add (amount uint))
  (begin
    (var-set total (+ (var-get total) amount))
    (print { event: "add", amount: amount })
    (if (> amount u100) ERR_TOO_MUCH (ok (var-get total)))))

(define-public (write-note (id uint) (text (string-utf8 20)))
  (ok (map-set notes id { text: text, mark: none })))

(define-public (divide (by uint))
  (begin (var-set total u999) (ok (/ u1 by))))

(define-public (ask (source <priced>) (amount uint))
  (contract-call? source price-of amount))

(define-public (ask-some (source (optional <priced>)) (amount uint))
  (match source given (contract-call? given price-of amount) (ok u0)))

(define-public (echo
    (a int) (b bool) (c (buff 8)) (d (string-ascii 40)) (e (string-utf8 40)) (f (optional uint))
    (g (list 4 uint)) (h { x: uint, y: { z: (optional principal) } }) (i (response uint uint)) (j principal))
  (ok { a: a, b: b, c: c, d: d, e: e, f: f, g: g, h: h, i: i, j: j }))

(define-public (who)
  (ok { sender: tx-sender, caller: contract-caller, time: stacks-block-time, height: stacks-block-height }))

(define-public (pay (amount uint) (to principal))
  (stx-transfer? amount tx-sender to))

(define-public (tokens (to principal))
  (begin
    (try! (ft-mint? coin u10 tx-sender))
    (try! (ft-transfer? coin u4 tx-sender to))
    (try! (ft-burn? coin u1 tx-sender))
    (try! (nft-mint? deed u1 tx-sender))
    (try! (nft-transfer? deed u1 tx-sender to))
    (try! (stx-burn? u3 tx-sender))
    (nft-burn? deed u1 to)))

(define-read-only (scaled (factor uint))
  (* factor (var-get total)))

(define-read-only (refuse)
  (if (> (var-get total) u1000000) (ok true) (err u9)))
