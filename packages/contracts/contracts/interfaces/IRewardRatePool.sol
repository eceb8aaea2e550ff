// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The pool that rewards come from (P-31). What is not released yet releases continuously at 15.1% a year,
/// which is 14.02% of a balance in its first year.
/// @dev All amounts are in atomic units, all times in seconds since 1970.
interface IRewardRatePool {
    /// @notice Only the beneficiary starts the pool.
    error NotBeneficiary(address caller, address beneficiary);
    /// @notice The pool was started before.
    error PoolAlreadyStarted(uint64 startedAt);
    /// @notice An amount of zero.
    error AmountIsZero();
    /// @notice An address that must be set is zero.
    error AddressIsZero();
    /// @notice A time before the last settlement: what was released then is in earlier events.
    error TimeBeforeSettlement(uint256 time, uint256 settledAt);
    /// @notice The pool always has an owner, who may hand it over (P-31).
    error OwnershipCannotBeRenounced();

    /// @notice The start, or a deposit: the values from which everything released later follows (P-31). Payouts emit
    /// none.
    /// @param balance What has not been released by `time`, the deposit included.
    /// @param time The block's timestamp, from which `balance` releases.
    /// @param totalReleased Everything released until `time`, paid or not.
    event Settled(uint256 balance, uint256 time, uint256 totalReleased);
    /// @notice Tokens came in by `fund`, or were found by `sync` or `start`. Follows the `Settled` that counts them.
    /// @param from The caller: of `sync` and `start` not the one that the tokens came from.
    /// @param amount What came in.
    event Funded(address indexed from, uint256 amount);
    /// @notice What was released has been paid to the distributor.
    /// @param beneficiary The distributor.
    /// @param amount What this payout paid.
    /// @param totalPaid Everything paid so far, `amount` included.
    event PaidOut(address indexed beneficiary, uint256 amount, uint256 totalPaid);

    /// @notice Starts the release. Distributor only, once.
    function start() external;

    /// @notice Pulls tokens from the caller into the pool, and settles.
    function fund(uint256 amount) external;

    /// @notice Takes tokens that were simply transferred here into the pool, and settles. Anyone may call. Where it
    /// finds nothing it changes nothing and emits nothing.
    /// @return amount What was found.
    function sync() external returns (uint256 amount);

    /// @notice Pays what has been released and not paid to the distributor. Anyone may call. It settles nothing: what
    /// is released later does not depend on when, how often or by whom it is paid.
    /// @return amount What was paid.
    function payoutReleased() external returns (uint256 amount);

    /// @notice Everything released until `time`, which is not before the last settlement (P-31).
    function released(uint256 time) external view returns (uint256);

    /// @notice What a payout would pay now.
    function pendingRelease() external view returns (uint256);

    /// @notice What the pool releases in a year at this moment's rate: 15.1% of what is not released by now, rounded
    /// down. Zero before the start.
    function rewardRate() external view returns (uint256);

    /// @notice The values of the last `Settled` event.
    function settlement() external view returns (uint256 balance, uint256 time, uint256 totalReleased);

    /// @notice Everything paid to the distributor.
    function totalPaid() external view returns (uint256);

    /// @notice The timestamp of `start()`; zero before.
    function startedAt() external view returns (uint64);

    /// @notice The rewards distributor.
    function beneficiary() external view returns (address);

    /// @notice The token.
    function token() external view returns (IERC20);
}
