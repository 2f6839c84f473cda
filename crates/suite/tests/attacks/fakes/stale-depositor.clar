;; An attacker's contract that provides capital on its own account, for tests: whatever it does is one transaction.
;; SUITE stands for the suite's address.

(define-constant SBTC 'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token)

;; Deposits and closes the epoch at once.
(define-public (deposit-and-close (tier uint) (amount uint))
  (as-contract? ((with-ft SBTC "*" amount))
    (begin
      (try! (contract-call? 'SUITE.liquidity-pool commit-capital tier SBTC amount))
      (try! (contract-call? 'SUITE.liquidity-pool close-epoch tier SBTC)))))

;; Queues shares and closes the epoch at once.
(define-public (leave-and-close (tier uint) (shares uint))
  (as-contract? ()
    (begin
      (try! (contract-call? 'SUITE.liquidity-pool request-withdrawal tier SBTC shares))
      (try! (contract-call? 'SUITE.liquidity-pool close-epoch tier SBTC)))))

(define-public (leave (tier uint) (shares uint))
  (as-contract? ()
    (try! (contract-call? 'SUITE.liquidity-pool request-withdrawal tier SBTC shares))))
