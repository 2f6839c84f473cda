;; A stand-in for a contract of the suite, for tests: it hands every call on as itself. Registered in the upgrade manager
;; it is a pool or a registry; unregistered it is the contract in between that a phished user calls.

(use-trait ft .sip-010-trait.sip-010-trait)

(define-public (deposit (amount uint) (token <ft>) (from principal))
  (contract-call? .liquidity-pool-vault deposit-funds amount token from))
(define-public (credit (amount uint) (token <ft>)) (contract-call? .liquidity-pool-vault credit-funds amount token))
(define-public (withdraw (amount uint) (token <ft>) (recipient principal))
  (contract-call? .liquidity-pool-vault withdraw-funds amount token recipient))
(define-public (lock (ids (list 20 uint)) (amount uint) (token principal))
  (contract-call? .liquidity-pool-vault lock-collateral-aggregate ids amount token))
(define-public (release (ids (list 20 uint)) (amount uint) (token principal))
  (contract-call? .liquidity-pool-vault release-collateral-aggregate ids amount token))
(define-public (settle (id uint) (buyer principal) (amount uint) (token <ft>))
  (contract-call? .liquidity-pool-vault settle-policy id buyer amount token))

(define-public (cover (reference uint) (amount uint) (token <ft>))
  (contract-call? .insurance-fund cover-shortfall reference amount token))
(define-public (contribute (amount uint) (token <ft>)) (contract-call? .insurance-fund contribute-to-fund amount token))
(define-public (recover (id uint) (amount uint) (token <ft>))
  (contract-call? .insurance-fund record-recovery id amount token))
(define-public (take (id uint) (token principal) (amount uint))
  (contract-call? .insurance-fund take-over-policy id token amount))
(define-public (settle-taken (id uint) (amount uint) (recipient principal) (token <ft>))
  (contract-call? .insurance-fund settle-taken-policy id amount recipient token))
(define-public (freeze (frozen bool)) (contract-call? .insurance-fund set-withdrawals-frozen frozen))

(define-public (fee (operation (string-ascii 16)) (base uint) (volume uint) (user principal) (token <ft>))
  (contract-call? .treasury process-fee operation base volume user token))
(define-public (note (operation (string-ascii 16)) (base uint) (volume uint) (user principal))
  (contract-call? .fee-schedule note-fee operation base volume user))
(define-public (net (user principal) (volume uint)) (contract-call? .fee-schedule net-volume user volume))
(define-public (fill (id uint) (sell <ft>) (buy <ft>)) (contract-call? .treasury fill-swap id sell buy))

;; Governed functions, as a phished deployer would call them.
(define-public (vault-token (token principal)) (contract-call? .liquidity-pool-vault set-token token true))
(define-public (treasury-token (token principal)) (contract-call? .treasury set-token token true u0))
(define-public (pay-out (token <ft>) (amount uint) (recipient principal))
  (contract-call? .treasury execute-payment token amount recipient "none"))
(define-public (surplus (token <ft>) (amount uint) (recipient principal))
  (contract-call? .insurance-fund withdraw-surplus token amount recipient))
