// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The pool that rewards come from: 15.1% of its balance a year, released continuously (P-31).
interface IRewardRatePool {
    /// @notice Only the beneficiary starts the pool.
    error NotBeneficiary(address caller, address beneficiary);
    /// @notice The pool was started before.
    error PoolAlreadyStarted(uint64 startedAt);
    /// @notice An amount of zero.
    error AmountIsZero();
    /// @notice An address that must be set is zero.
    error AddressIsZero();
    /// @notice The pool always has an owner that can hand it over (P-114).
    error OwnershipCannotBeRenounced();
    /// @notice A time before the last settlement: what was released then is in earlier events.
    error TimeBeforeSettlement(uint256 time, uint256 settledAt);

    /// @notice The values from which everything released later follows (P-31).
    /// @param balance What has not been released, in atomic units.
    /// @param time The timestamp from which `balance` releases.
    /// @param totalReleased Everything released until `time`, paid or not.
    event Settled(uint256 balance, uint256 time, uint256 totalReleased);
    /// @notice Tokens came in by `fund` or were found by `sync`.
    event Funded(address indexed from, uint256 amount);
    /// @notice What was released has been paid to the distributor.
    event PaidOut(address indexed beneficiary, uint256 amount, uint256 totalPaid);

    /// @notice Starts the release. Distributor only, once.
    function start() external;

    /// @notice Pulls tokens from the caller into the pool.
    function fund(uint256 amount) external;

    /// @notice Takes tokens that were simply transferred here into the pool. Anyone may call.
    /// @return amount What was found.
    function sync() external returns (uint256 amount);

    /// @notice Pays what has been released and not paid to the distributor. Anyone may call.
    /// @return amount What was paid.
    function payoutReleased() external returns (uint256 amount);

    /// @notice Everything released until `time`, which is not before the last settlement (P-31).
    function released(uint256 time) external view returns (uint256);

    /// @notice What a payout would pay now.
    function pendingRelease() external view returns (uint256);

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
