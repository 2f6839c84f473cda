;; Reads what the tests of random sequences check after every step, in one call.

(use-trait ft .sip-010-trait.sip-010-trait)

;; Real balances of four wallets and the three contracts; then the vault's totals and its one backend's account; the
;; fund's figures; the treasury's parts; the credits of two wallets and the fund.
(define-public (audit (token <ft>) (a principal) (b principal) (c principal) (d principal))
  (let (
      (key (contract-of token))
      (all (contract-call? .liquidity-pool-vault get-token key))
      (pool (contract-call? .liquidity-pool-vault get-account .fake-pool key))
      (fund (contract-call? .insurance-fund get-fund key))
      (parts (contract-call? .treasury get-treasury-balances key)))
    (ok (list
      (try! (contract-call? token get-balance a)) (try! (contract-call? token get-balance b))
      (try! (contract-call? token get-balance c)) (try! (contract-call? token get-balance d))
      (try! (contract-call? token get-balance .liquidity-pool-vault))
      (try! (contract-call? token get-balance .insurance-fund)) (try! (contract-call? token get-balance .treasury))
      (get balance all) (get balance pool) (get locked all) (get locked pool)
      (get free (contract-call? .insurance-fund get-fund-status key)) (get size fund) (get contributed fund)
      (get recovered fund) (get covered fund) (get settled fund) (get withdrawn fund)
      (get undistributed parts) (get allocated parts) (get reserved parts) (get available parts) (get total parts)
      (contract-call? .treasury get-credit a key) (contract-call? .treasury get-credit b key)
      (contract-call? .treasury get-credit .insurance-fund key)))))
