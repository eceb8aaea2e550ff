// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";
import {PoolMath} from "./libraries/PoolMath.sol";

/// @title The pool that rewards come from (P-31).
/// @dev It keeps an accounted balance: what is released by any moment is a closed formula over its own events, and a
/// late deposit is not paid as if it had always been there. Only deposits settle, so nobody changes what is released
/// by when or how often it is paid out. In: tokens. Out: what was released, to the distributor.
contract RewardRatePool is IRewardRatePool, Ownable2StepUpgradeable {
    using SafeERC20 for IERC20;
    using SafeCast for uint256;

    /// @custom:storage-location erc7201:quorate.storage.RewardRatePool
    struct Layout {
        uint128 balance; // not released at the last settlement
        uint64 settledAt;
        uint64 startedAt;
        uint128 totalReleased; // until the last settlement
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

    /// @inheritdoc IRewardRatePool
    function start() external {
        Layout storage $ = _layout();
        if (msg.sender != $.beneficiary) revert NotBeneficiary(msg.sender, $.beneficiary);
        if ($.startedAt != 0) revert PoolAlreadyStarted($.startedAt);
        _settle(_found());
        $.startedAt = uint64(block.timestamp);
    }

    /// @inheritdoc IRewardRatePool
    function fund(uint256 amount) external {
        if (amount == 0) revert AmountIsZero();
        _layout().token.safeTransferFrom(msg.sender, address(this), amount);
        _settle(_found());
    }

    /// @inheritdoc IRewardRatePool
    function sync() external returns (uint256 amount) {
        amount = _found();
        if (amount != 0) _settle(amount);
    }

    /// @inheritdoc IRewardRatePool
    function payoutReleased() external returns (uint256 amount) {
        Layout storage $ = _layout();
        uint256 total = released(block.timestamp);
        amount = total - $.totalPaid;
        if (amount == 0) return 0;
        $.totalPaid = total.toUint128();
        emit PaidOut($.beneficiary, amount, total);
        $.token.safeTransfer($.beneficiary, amount);
    }

    /// @inheritdoc IRewardRatePool
    function released(uint256 time) public view returns (uint256) {
        Layout storage $ = _layout();
        if ($.startedAt == 0) return 0;
        if (time < $.settledAt) revert TimeBeforeSettlement(time, $.settledAt);
        return $.totalReleased + PoolMath.releasedOf($.balance, time - $.settledAt);
    }

    /// @inheritdoc IRewardRatePool
    function pendingRelease() external view returns (uint256) {
        return released(block.timestamp) - _layout().totalPaid;
    }

    /// @inheritdoc IRewardRatePool
    function rewardRate() external view returns (uint256) {
        Layout storage $ = _layout();
        if ($.startedAt == 0) return 0;
        uint256 sinceSettlement = released(block.timestamp) - $.totalReleased;
        return PoolMath.yearlyOf(($.balance - sinceSettlement).toUint128());
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

    /// @notice Always reverts: a pool without an owner could not be handed over.
    function renounceOwnership() public pure override {
        revert OwnershipCannotBeRenounced();
    }

    /// @dev What the contract holds beyond its books.
    function _found() private view returns (uint256) {
        Layout storage $ = _layout();
        uint256 accounted = uint256($.balance) + $.totalReleased - $.totalPaid;
        return $.token.balanceOf(address(this)) - accounted;
    }

    /// @dev Moves what was released since the last settlement out of the balance, and a deposit into it: from now on
    /// the whole releases anew. Before the start it only keeps time.
    function _settle(uint256 deposit) private {
        Layout storage $ = _layout();
        uint256 total = released(block.timestamp);
        uint256 balance = $.balance + deposit - (total - $.totalReleased);
        $.balance = balance.toUint128();
        $.totalReleased = total.toUint128();
        $.settledAt = uint64(block.timestamp);
        emit Settled(balance, block.timestamp, total);
        if (deposit != 0) emit Funded(msg.sender, deposit);
    }

    function _layout() private pure returns (Layout storage $) {
        assembly ("memory-safe") {
            $.slot := LOCATION
        }
    }
}
