// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {OwnableUpgradeable} from "@openzeppelin/contracts-upgradeable/access/OwnableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";

/// @title The pool that rewards come from (P-31).
/// @dev It keeps an accounted balance: what is released by any moment is a closed formula over its own events, and a
/// late deposit is not paid as if it had always been there. In: tokens. Out: what was released, to the distributor.
contract RewardRatePool is IRewardRatePool, Ownable2StepUpgradeable {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @dev 151/1000 a year of 365 days, simple.
    uint256 private constant RATE_NUMERATOR = 151;
    uint256 private constant RATE_DENOMINATOR = 1000 * 365 days;

    /// @custom:storage-location erc7201:quorate.storage.RewardRatePool
    struct Layout {
        uint128 balance; // not yet released
        uint64 settledAt;
        uint64 startedAt;
        uint128 totalReleased;
        uint128 totalPaid;
        IERC20 token;
        address beneficiary;
    }

    /// @dev keccak256(abi.encode(uint256(keccak256("quorate.storage.RewardRatePool")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant LOCATION = 0xe4fdec09d6680c98790197f27dc14f9db250741534e3e0f9f7cb3aeb4a363400;

    constructor() {
        _disableInitializers();
    }

    /// @param owner_ Who may hand the pool over; it has no other power.
    /// @param token_ The token.
    /// @param beneficiary_ The rewards distributor, which starts the pool and receives what is released.
    function initialize(address owner_, IERC20 token_, address beneficiary_) external initializer {
        if (address(token_) == address(0) || beneficiary_ == address(0)) revert AddressIsZero();
        __Ownable_init(owner_);
        Layout storage $ = _layout();
        $.token = token_;
        $.beneficiary = beneficiary_;
    }

    /// @dev See `OwnershipCannotBeRenounced`.
    function renounceOwnership() public view override(OwnableUpgradeable) onlyOwner {
        revert OwnershipCannotBeRenounced();
    }

    /// @inheritdoc IRewardRatePool
    function start() external {
        Layout storage $ = _layout();
        if (msg.sender != $.beneficiary) revert NotBeneficiary(msg.sender, $.beneficiary);
        if ($.startedAt != 0) revert PoolAlreadyStarted($.startedAt);
        $.startedAt = uint64(block.timestamp);
        $.settledAt = uint64(block.timestamp);
        _takeIn();
    }

    /// @inheritdoc IRewardRatePool
    function fund(uint256 amount) external {
        if (amount == 0) revert AmountIsZero();
        _layout().token.safeTransferFrom(msg.sender, address(this), amount);
        _settle();
        _takeIn();
    }

    /// @inheritdoc IRewardRatePool
    function sync() external returns (uint256 amount) {
        _settle();
        amount = _takeIn();
    }

    /// @inheritdoc IRewardRatePool
    function payoutReleased() external returns (uint256 amount) {
        Layout storage $ = _layout();
        _settle();
        amount = $.totalReleased - $.totalPaid;
        $.totalPaid = $.totalReleased;
        emit Settled($.balance, block.timestamp, $.totalReleased);
        if (amount == 0) return 0;
        emit PaidOut($.beneficiary, amount, $.totalPaid);
        $.token.safeTransfer($.beneficiary, amount);
    }

    /// @inheritdoc IRewardRatePool
    function released(uint256 time) public view returns (uint256) {
        Layout storage $ = _layout();
        if ($.startedAt == 0) return 0;
        if (time < $.settledAt) revert TimeBeforeSettlement(time, $.settledAt);
        uint256 balance = $.balance;
        uint256 grown = balance * RATE_NUMERATOR * (time - $.settledAt) / RATE_DENOMINATOR;
        return $.totalReleased + Math.min(balance, grown);
    }

    /// @inheritdoc IRewardRatePool
    function pendingRelease() external view returns (uint256) {
        return released(block.timestamp) - _layout().totalPaid;
    }

    /// @inheritdoc IRewardRatePool
    function settlement() external view returns (uint256 balance, uint256 time, uint256 totalReleased) {
        Layout storage $ = _layout();
        return ($.balance, $.settledAt, $.totalReleased);
    }

    /// @inheritdoc IRewardRatePool
    function totalPaid() external view returns (uint256) {
        return _layout().totalPaid;
    }

    /// @inheritdoc IRewardRatePool
    function startedAt() external view returns (uint64) {
        return _layout().startedAt;
    }

    /// @inheritdoc IRewardRatePool
    function beneficiary() external view returns (address) {
        return _layout().beneficiary;
    }

    /// @inheritdoc IRewardRatePool
    function token() external view returns (IERC20) {
        return _layout().token;
    }

    /// @dev Moves what was released since the last settlement out of the balance. Before the start it only keeps time.
    function _settle() private {
        Layout storage $ = _layout();
        uint256 total = released(block.timestamp);
        $.balance -= (total - $.totalReleased).toUint128();
        $.totalReleased = total.toUint128();
        $.settledAt = uint64(block.timestamp);
    }

    /// @dev Accounts for whatever the contract holds beyond its books. Call it settled.
    function _takeIn() private returns (uint256 amount) {
        Layout storage $ = _layout();
        uint256 accounted = uint256($.balance) + $.totalReleased - $.totalPaid;
        amount = $.token.balanceOf(address(this)) - accounted;
        $.balance += amount.toUint128();
        emit Settled($.balance, block.timestamp, $.totalReleased);
        if (amount != 0) emit Funded(msg.sender, amount);
    }

    function _layout() private pure returns (Layout storage $) {
        assembly ("memory-safe") {
            $.slot := LOCATION
        }
    }
}
