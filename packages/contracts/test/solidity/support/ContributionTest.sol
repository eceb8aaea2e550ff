// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ContributionStatus,
    IServiceNodeContribution,
    Reservation
} from "../../../contracts/interfaces/IServiceNodeContribution.sol";
import {Registration} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ServiceNodeContributionFactory} from "../../../contracts/ServiceNodeContributionFactory.sol";
import {DeployContribution} from "./DeployContribution.sol";
import {NetworkTest} from "./NetworkTest.sol";
import {vm} from "./Vm.sol";

/// @title A started network with a factory and one contribution contract, whose operator is OPERATOR.
/// @dev Everyone has tokens for ten nodes, and has approved the contract. Times do not move by themselves.
abstract contract ContributionTest is NetworkTest {
    address internal constant OPERATOR = address(0x0be4a704);
    address internal constant ALICE = address(0xa11ce);
    address internal constant BOB = address(0xb0b);
    uint96 internal constant WHOLE = uint96(STAKE);
    uint96 internal constant QUARTER = WHOLE / 4;
    /// @dev The least that a contributor may have of the node: 500 bps (P-27).
    uint96 internal constant LEAST = WHOLE / 20;
    uint256 internal constant SECRET = 50;

    ServiceNodeContributionFactory internal factory;
    IServiceNodeContribution internal pot;

    function setUp() public virtual override {
        super.setUp();
        _startWith(3);
        factory = ServiceNodeContributionFactory(DeployContribution.factory(rewards));
        rewards.setContributionFactory(address(factory));
        pot = _create(OPERATOR, SECRET);
        _fund(OPERATOR);
        _fund(ALICE);
        _fund(BOB);
    }

    function _create(address operator, uint256 secret) internal returns (IServiceNodeContribution created) {
        Registration memory registration = _registration(secret, operator);
        vm.prank(operator);
        created = factory.create(registration);
    }

    function _fund(address who) internal {
        token.transfer(who, 10 * STAKE);
        vm.prank(who);
        token.approve(address(pot), type(uint256).max);
    }

    function _open(uint96 amount, bool manual) internal {
        _open(amount, new Reservation[](0), manual);
    }

    function _open(uint96 amount, Reservation[] memory reserved, bool manual) internal {
        vm.prank(OPERATOR);
        pot.open(amount, OPERATOR, reserved, manual);
    }

    function _contribute(address who, uint96 amount) internal {
        uint256 round = pot.round();
        vm.prank(who);
        pot.contribute(round, amount, who);
    }

    /// @dev That `call` by `who` reverts with `expected`.
    function _refused(address who, bytes memory call, bytes memory expected) internal {
        vm.prank(who);
        (bool success, bytes memory answer) = address(pot).call(call);
        assertTrue(!success, "refused");
        assertEq(answer, expected);
    }

    function _refusedContribution(address who, uint96 amount, bytes memory expected) internal {
        _refused(who, abi.encodeCall(pot.contribute, (pot.round(), amount, who)), expected);
    }

    function _expectStatus(ContributionStatus status) internal view {
        assertEq(uint256(pot.status()), uint256(status));
    }

    function _wrongStatus(ContributionStatus status) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IServiceNodeContribution.WrongStatus.selector, status);
    }

    function _outOfRange(uint256 amount, uint256 minimum, uint256 maximum) internal pure returns (bytes memory) {
        return
            abi.encodeWithSelector(IServiceNodeContribution.AmountOutOfRange.selector, amount, minimum, maximum);
    }

    function _leavesTooLittle(uint256 left) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IServiceNodeContribution.LeavesTooLittle.selector, left, LEAST);
    }

    function _tooEarly(uint256 time, uint256 allowedAt) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IServiceNodeContribution.WithdrawTooEarly.selector, time, allowedAt);
    }

    function _withdraw(address who) internal {
        vm.prank(who);
        pot.withdraw();
    }

    function _expectBounds(address who, uint256 minimum, uint256 maximum) internal view {
        (uint256 least, uint256 most, uint256 leastLeft) = pot.contributionBounds(who);
        assertEq(least, minimum);
        assertEq(most, maximum);
        assertEq(leastLeft, most == 0 ? 0 : LEAST);
    }

    function _noReservations() internal pure returns (Reservation[] memory) {
        return new Reservation[](0);
    }

    /// @dev A reservation for each place beside the operator's, of the least.
    function _nineReservations() internal returns (Reservation[] memory reserved) {
        reserved = new Reservation[](9);
        for (uint256 i = 0; i < 9; ++i) reserved[i] = Reservation(_someone(i), LEAST);
    }

    function _reservations(address who, uint96 amount) internal pure returns (Reservation[] memory reserved) {
        reserved = new Reservation[](1);
        reserved[0] = Reservation(who, amount);
    }

    /// @dev The i-th of many contributors, funded.
    function _someone(uint256 i) internal returns (address who) {
        who = address(uint160(0x1000 + i));
        if (token.balanceOf(who) == 0) _fund(who);
    }
}
